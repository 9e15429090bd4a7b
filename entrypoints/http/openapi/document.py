"""The OpenAPI 3.1 document, drawn from the declared operations."""

import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from entrypoints.http.openapi.parameters import parameters
from entrypoints.http.openapi.possible_problems import problems_of
from entrypoints.http.openapi.problems import headers_document, problem_document, problem_schemas
from entrypoints.http.openapi.text import for_callers, public
from entrypoints.http.operation import WHO, Answer, Operation

Schema = dict[str, Any]

JSON: Final = "application/json"

_DESCRIPTION: Final = """The back end that gives scarce tickets to real fans.

Errors are `application/problem+json` (RFC 9457). Switch on `code`, which is stable; `detail` is for people. Every
answer has `X-Request-Id`. Before any operation is reached, a request may also be refused with `request.not_found`
(404) or `request.method_not_allowed` (405). Each `GET` that only reads can be asked with `HEAD`, too."""
_BYTES: Final = {"type": "string", "format": "binary"}
"""A body of any length: generated clients accept a file."""
_TAGS: Final = {
    "Uploads": "Files of codes and of scores, without an S3 client.",
    "Codes": "Access codes: import, hold, assign, give back, count.",
    "Entries": "Registrations of fans: register, confirm the phone, score, select.",
    "Campaigns": "Campaigns at a glance.",
    "Audit": "Who of staff changed what.",
    "Operations": "For operators and developers.",
}


def openapi(operations: Iterable[Operation]) -> Schema:
    """The whole document, as a JSON-able dictionary."""
    shown = [operation for operation in operations if operation.documented]
    schemas = _Schemas([type for operation in shown for type in _types(operation)])
    paths: dict[str, Schema] = {}
    for operation in shown:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fangate",
            "version": importlib.metadata.version("fangate"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document is."}],
        "tags": [{"name": name, "description": meaning} for name, meaning in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components | problem_schemas(shown),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return _without_unused(document)


def _without_unused(document: Schema) -> Schema:
    """Queries are structs, too, but the document lists their fields as parameters."""
    schemas = document["components"]["schemas"]
    used = _references(document["paths"], schemas, set())
    kept = {name: schema for name, schema in schemas.items() if name in used}
    return document | {"components": document["components"] | {"schemas": kept}}


def _references(part: Any, schemas: Schema, seen: set[str]) -> set[str]:
    """The names of all schemas that ``part`` refers to, directly or not."""
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            _references(schemas[name], schemas, seen)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _references(inner, schemas, seen)
    return seen


def _types(operation: Operation) -> list[Any]:
    answers = [answer.body for answer in operation.answers.values()]
    return [type for type in (operation.query, operation.body, *answers) if type is not None]


class _Schemas:
    """JSON Schemas of all types, each once under ``components``."""

    def __init__(self, types: list[Any]) -> None:
        unique = list(dict.fromkeys(types))
        found, components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
        self.components = public(components)
        self._of = dict(zip(unique, public(list(found)), strict=True))

    def of(self, type: Any) -> Schema:
        schema: Schema = self._of[type]
        return schema

    def fields(self, type: Any) -> tuple[Mapping[str, Schema], set[str]]:
        """The properties of a struct, and which are required."""
        if type is None:
            return {}, set()
        schema = self.components[self.of(type)["$ref"].rpartition("/")[2]]
        return schema["properties"], set(schema.get("required", ()))


def _operation(operation: Operation, schemas: _Schemas) -> Schema:
    document: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": "\n\n".join(filter(None, _description(operation))),
        "tags": [operation.tag],
        "parameters": parameters(operation, *schemas.fields(operation.query)),
        "responses": _responses(operation, schemas),
        "security": [] if operation.public else [{"bearer": []}],
    }
    if operation.body is not None or operation.body_media:
        content: Schema = {}
        if operation.body is not None:
            content[JSON] = {"schema": schemas.of(operation.body), "example": operation.example}
        for media, example in operation.body_media.items():
            content[media] = {"schema": _BYTES, "example": example}
        document["requestBody"] = {
            "required": operation.body is not None and not operation.body_optional,
            "content": content,
        }
    if operation.deprecated:
        document["deprecated"] = True
    return document


def _description(operation: Operation) -> Iterable[str]:
    scopes = " or ".join(f"`{scope}`" for scope in sorted(operation.scopes))
    narrowed = f"A token with scopes of Fangate needs {scopes}." if scopes else ""
    return for_callers(operation.description), narrowed, WHO[operation.guard]


def _responses(operation: Operation, schemas: _Schemas) -> Schema:
    """By status. A status can have an answer and a problem: they differ in their media types."""
    found = {str(status): _answer(answer, schemas) for status, answer in sorted(operation.answers.items())}
    for status, problems in problems_of(operation).items():
        problem = problem_document(problems)
        if answer := found.get(str(status)):
            problem["description"] = f"{answer['description']} Or {problem['description']}"
            problem["headers"] = answer["headers"]
            problem["content"] |= answer["content"]
        found[str(status)] = problem
    return found


def _answer(answer: Answer, schemas: _Schemas) -> Schema:
    content: Schema = {}
    if answer.body is not None:
        content[JSON] = {"schema": schemas.of(answer.body)}
        if answer.example is not None:
            content[JSON]["example"] = answer.example
    for media, example in answer.media.items():
        content[media] = {"schema": {"type": "string"}, "example": example}
    document: Schema = {"description": answer.description, "headers": headers_document(answer.headers)}
    if content:
        document["content"] = content
    return document
