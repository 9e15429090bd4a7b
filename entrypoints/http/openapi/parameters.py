"""The part of the OpenAPI document about paths, queries and headers."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from domain.model.codes.code import CodeType
from domain.model.ids import CAMPAIGN_ID, RESERVED_CAMPAIGN_IDS, USER_ID
from entrypoints.http.openapi.text import in_ecma
from entrypoints.http.operation import Operation

Schema = dict[str, Any]

_IN_PATH: Final = re.compile(r"{(\w+)}")


class _About(NamedTuple):
    meaning: str
    example: Any
    """Shown where the parameter is required. People who try an operation should leave optional parameters out."""


_PARAMETERS: Final[Mapping[str, _About]] = {
    "campaignId": _About(f"The campaign; none of {', '.join(RESERVED_CAMPAIGN_IDS)}.", "tour-2026"),
    "importId": _About("The import, as the answer to its start names it.", "0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a"),
    "drawId": _About("The draw, as the answer to its announcement names it.", "5b0c7a52d1f94f0fae2c6f6a1f0c1f52"),
    "userId": _About("The fan. In a path it is percent-encoded: `/` is `%2F`.", "fan-1"),
    "code": _About("This code alone; case matters.", "K7QX-02MN"),
    "type": _About("Where the codes come from.", "tm"),
    "filename": _About("The name of the file, without slashes. It is percent-encoded.", "batch-1.csv"),
    "replace": _About("Replace a file of the same name.", True),
    "prefix": _About("Codes that begin with it; case matters.", "K7"),
    "status": _About("Only codes in this state.", "available"),
    "count": _About("How many codes.", 2),
    "reserveId": _About("The reservation.", "7f9c24e5b1d04c0f8a3e"),
    "limit": _About("How many a page.", 500),
    "cursor": _About("Where to go on: `next` of the page before.", "OTcuNSBmYW4tMQ"),
    "minScore": _About("The least score, itself included.", 50),
    "maxScore": _About("The greatest score, itself included.", 100),
    "market": _About("Any of these markets.", ["nyc"]),
    "maxRank": _About("The market is among the first so many preferences.", 2),
    "selection": _About("Any of these selections; `none` if left out.", ["none"]),
}
"""Meaning and example of each parameter; a description at its declaration replaces the meaning."""
_HEADERS: Final = {
    "X-Request-Id": "This request's name in the logs: letters, digits, `._:-`, 128 at most; else it is replaced."
}
"""What every operation takes."""
_UNKNOWN: Final = _About("", None)


def parameters(operation: Operation, fields: Mapping[str, Schema], required: set[str]) -> list[Schema]:
    """``fields``: those of the query, of which some are ``required``."""
    in_path = _IN_PATH.findall(operation.path)
    return [
        *(_parameter("path", name, _path_schema(name), required=True) for name in in_path),
        *(
            _parameter("query", name, _without_null(schema), required=name in required)
            for name, schema in fields.items()
        ),
        *(
            _header(name, meaning)
            for name, meaning in {**operation.headers, **_HEADERS}.items()
            if name != "Accept"  # OpenAPI ignores it: the media types of the answer stand for it
        ),
    ]


def _parameter(place: str, name: str, schema: Schema, *, required: bool) -> Schema:
    about = _PARAMETERS.get(name, _UNKNOWN)
    shape = {key: value for key, value in schema.items() if key != "description"}
    meaning = schema.get("description") or about.meaning
    parameter = {"name": name, "in": place, "required": required, "description": meaning, "schema": shape}
    return parameter | ({"example": about.example} if required else {})


def _header(name: str, meaning: str) -> Schema:
    return {"name": name, "in": "header", "required": False, "description": meaning, "schema": {"type": "string"}}


def _path_schema(name: str) -> Schema:
    if name == "type":
        return {"type": "string", "enum": [type.value for type in CodeType]}
    pattern = {"campaignId": CAMPAIGN_ID, "userId": USER_ID}.get(name, "^[^/]+$")
    return {"type": "string", "pattern": in_ecma(pattern)}


def _without_null(schema: Schema) -> Schema:
    """A query string has no null: an optional parameter is left out."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {name: value for name, value in schema.items() if name != "anyOf"} | dict(kinds[0])
