"""The OpenAPI 3.1 document, drawn from the operations that the route handlers declare."""

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from domain.model.ids import CAMPAIGN_ID, USER_ID
from entrypoints.http.openapi_problems import Schema, headers_document, problem_document, problems_of
from entrypoints.http.operation import KEY, Answer, Operation
from entrypoints.http.problems import ProblemBody

JSON: Final = "application/json"

_PATH_PARAMETER: Final = re.compile(r"{(\w+)}")
_EXAMPLES: Final[Mapping[str, Any]] = {
    "campaignId": "tour-2026",
    "importId": "0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a",
    "code": "K7QX-02MN",
    "type": "tm",
    "status": "available",
    "count": 2,
    "reserveId": "7f9c24e5b1d04c0f8a3e",
    "userId": "fan-1",
    "limit": 500,
    "cursor": "OTcuNSBmYW4tMQ",
    "minScore": 50,
    "maxScore": 100,
    "market": ["nyc"],
    "maxRank": 2,
    "selection": ["none"],
}
"""One of each parameter."""


def openapi(app: Litestar) -> Schema:
    """The whole document, as a JSON-able dictionary."""
    handlers = list(_handlers(app))
    schemas = _Schemas([type for _, _, handler in handlers for type in _types(handler.opt[KEY])])
    paths: dict[str, Schema] = {}
    for path, method, handler in handlers:
        paths.setdefault(path, {})[method.lower()] = _operation(path, handler, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fangate",
            "version": importlib.metadata.version("fangate"),
            "description": "The back end that gives scarce tickets to real fans.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _handlers(app: Litestar) -> Iterable[tuple[str, str, HTTPRouteHandler]]:
    """Every documented handler with its path and method."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and KEY in handler.opt:
                for method in handler.http_methods - {"OPTIONS"}:
                    yield route.path_format, str(method), handler


def _types(operation: Operation) -> list[Any]:
    answers = [answer.body for answer in operation.answers.values()]
    return [type for type in (operation.query, operation.body, *answers) if type is not None]


class _Schemas:
    """JSON Schemas of all types, each once under ``components``."""

    def __init__(self, types: list[Any]) -> None:
        unique = list(dict.fromkeys([*types, ProblemBody]))
        found, self.components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
        self._of = dict(zip(unique, found, strict=True))

    def of(self, type: Any) -> Schema:
        schema: Schema = self._of[type]
        return schema

    def fields(self, type: Any) -> tuple[Mapping[str, Schema], set[str]]:
        """The properties of a struct, and which are required."""
        schema = self.components[self.of(type)["$ref"].rpartition("/")[2]]
        return schema["properties"], set(schema.get("required", ()))


def _operation(path: str, handler: HTTPRouteHandler, schemas: _Schemas) -> Schema:
    operation: Operation = handler.opt[KEY]
    document: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": _parameters(path, operation, schemas),
        "responses": {
            str(status): _answer(answer, schemas) for status, answer in sorted(operation.answers.items())
        }
        | {
            str(status): problem_document(status, problems, schemas.of(ProblemBody))
            for status, problems in problems_of(operation, public=handler.opt["public"]).items()
        },
        "security": [] if handler.opt["public"] else [{"bearer": []}],
    }
    if operation.body is not None:
        content: Schema = {JSON: {"schema": schemas.of(operation.body), "example": operation.example}}
        for media, example in operation.body_media.items():
            content[media] = {"schema": {"type": "string"}, "example": example}
        document["requestBody"] = {"required": True, "content": content}
    if operation.deprecated:
        document["deprecated"] = True
    return document


def _parameters(path: str, operation: Operation, schemas: _Schemas) -> list[Schema]:
    parameters = [
        _parameter("path", name, _path_schema(name), required=True) for name in _PATH_PARAMETER.findall(path)
    ]
    if operation.query is not None:
        properties, required = schemas.fields(operation.query)
        parameters += [
            _parameter("query", name, _without_null(schema), required=name in required)
            for name, schema in properties.items()
        ]
    parameters += [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": meaning,
            "schema": {"type": "string"},
        }
        for name, meaning in operation.headers.items()
        if name != "Accept"  # OpenAPI says it is ignored: the media types of the answer say it
    ]
    return parameters


def _parameter(place: str, name: str, schema: Schema, *, required: bool) -> Schema:
    return {
        "name": name,
        "in": place,
        "required": required,
        "schema": schema,
        "example": _EXAMPLES[name],
    }


def _path_schema(name: str) -> Schema:
    if pattern := {"campaignId": CAMPAIGN_ID, "userId": USER_ID}.get(name):
        return {"type": "string", "pattern": pattern}
    return {"type": "string", "pattern": "^[^/]+$"}


def _without_null(schema: Schema) -> Schema:
    """A query string cannot say null: what may be left out is simply not sent."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"} or value is not None}
    if len(kinds) == 1:
        (kind,) = kinds
        return {name: value for name, value in rest.items() if name != "anyOf"} | dict(kind)
    return rest


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
