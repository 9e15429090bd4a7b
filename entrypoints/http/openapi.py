"""The OpenAPI 3.1 document, drawn from the operations that the route handlers declare."""

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from domain.model.ids import CAMPAIGN_ID
from entrypoints.http.operation import KEY, Answer, Operation
from entrypoints.http.problems import MEDIA_TYPE, STATUS_OF, ProblemBody

JSON: Final = "application/json"
Schema = dict[str, Any]

_PATH_PARAMETER: Final = re.compile(r"{(\w+):\w+}")
_BODY_PROBLEMS: Final = {
    400: "request.malformed",
    413: "request.too_large",
    415: "request.unsupported_media_type",
}
_TITLES: Final = {
    400: "The request cannot be read.",
    401: "A valid bearer token is needed.",
    403: "This token does not allow that.",
    404: "There is no such thing.",
    409: "The state of things does not allow it.",
    413: "The body is too large.",
    415: "The body is of the wrong type.",
    422: "A value is not acceptable.",
    503: "A part of the system is not answering; try again.",
}


def openapi(app: Litestar) -> Schema:
    """The whole document, as a JSON-able dictionary."""
    handlers = list(_handlers(app))
    schemas = _Schemas([type for _, _, handler in handlers for type in _types(handler.opt[KEY])])
    paths: dict[str, Schema] = {}
    for path, method, handler in handlers:
        paths.setdefault(_PATH_PARAMETER.sub(r"{\1}", path), {})[method.lower()] = _operation(
            path, handler, schemas
        )
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
        | _problems(path, operation, schemas, public=handler.opt["public"]),
        "security": [] if handler.opt["public"] else [{"bearer": []}],
    }
    if operation.body is not None:
        content = {JSON: {"schema": schemas.of(operation.body), "example": operation.example}}
        document["requestBody"] = {"required": True, "content": content}
    if operation.deprecated:
        document["deprecated"] = True
    return document


def _parameters(path: str, operation: Operation, schemas: _Schemas) -> list[Schema]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)}
        for name in _PATH_PARAMETER.findall(path)
    ]
    if operation.query is not None:
        properties, required = schemas.fields(operation.query)
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)}
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


def _path_schema(name: str) -> Schema:
    if name == "campaignId":
        return {"type": "string", "pattern": CAMPAIGN_ID}
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
    document: Schema = {"description": answer.description}
    if content:
        document["content"] = content
    if answer.headers:
        document["headers"] = {
            name: {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in answer.headers.items()
        }
    return document


def _problems(path: str, operation: Operation, schemas: _Schemas, *, public: bool) -> Schema:
    codes: dict[int, list[str]] = {}
    for error in operation.raises:
        codes.setdefault(STATUS_OF[error], []).append(error.code)
    if not public:
        codes[401] = ["auth.unauthenticated"]
        codes[403] = ["auth.forbidden"]
    if operation.body is not None:
        codes |= {status: [code] for status, code in _BODY_PROBLEMS.items()}
    if operation.body is not None or operation.query is not None or _PATH_PARAMETER.search(path):
        codes.setdefault(422, []).append("request.invalid")
    if public and not codes:
        return {}
    return {str(status): _problem(status, sorted(set(of)), schemas) for status, of in sorted(codes.items())}


def _problem(status: int, codes: list[str], schemas: _Schemas) -> Schema:
    example = {
        "type": f"urn:fangate:problem:{codes[0]}",
        "title": _TITLES[status],
        "status": status,
        "code": codes[0],
        "requestId": "4be0f1a0c2c94f6f",
    }
    return {
        "description": f"{_TITLES[status]} `code`: {', '.join(f'`{code}`' for code in codes)}",
        "content": {MEDIA_TYPE: {"schema": schemas.of(ProblemBody), "example": example}},
    }
