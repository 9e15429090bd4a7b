"""From bytes and query strings to typed values; what cannot be read or is wrong becomes a Problem."""

import re
from typing import Any, Final, TypeVar

import msgspec
from litestar.connection import Request

from domain.model.ids import CampaignId, is_campaign_id
from entrypoints.http.problems import (
    FieldProblem,
    invalid,
    malformed,
    too_large,
    unsupported_media_type,
)

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")

BODY_LIMIT: Final = 1024 * 1024
JSON: Final = "application/json"

_NOT_JSON: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_WHERE: Final = re.compile(r" - at `(?:key in )?\$(.*)`$")
_FIELD: Final = re.compile(r"field `(.+?)`")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


def campaign_of(request: AnyRequest) -> CampaignId:
    text = request.path_params["campaignId"]
    if not is_campaign_id(text):
        raise invalid(FieldProblem("/campaignId", "must be 1 to 64 of A-Z a-z 0-9 _ -"))
    return CampaignId(text)


async def body_of(request: AnyRequest, type: type[T], *, limit: int = BODY_LIMIT) -> T:
    """The JSON body. Raises Problem: 413, 415, 400 for what is no JSON, 422 for what does not fit ``type``."""
    raw = await _read(request, limit)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        if raw or "content-type" in request.headers:
            raise unsupported_media_type(JSON)
        raise malformed("there is no body")
    try:
        decoded = msgspec.json.decode(raw, type=type)
    except msgspec.ValidationError as error:
        _parse(raw)
        raise invalid(_field_problem(error)) from None
    except _NOT_JSON:
        raise malformed("the body is not JSON") from None
    return decoded


def _parse(raw: bytes) -> None:
    """The first value that does not fit ends typed decoding; what comes behind it may still be no JSON at all."""
    try:
        msgspec.json.decode(raw)
    except _NOT_JSON:
        raise malformed("the body is not JSON") from None


async def _read(request: AnyRequest, limit: int) -> bytes:
    """The body, as long as it stays within ``limit`` bytes, whatever its Content-Length claims."""
    if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def query_of(request: AnyRequest, type: type[T]) -> T:
    """The query string. A parameter nobody knows, or one given twice, is an error, not a filter ignored."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise invalid(FieldProblem(f"/{name}", "is given more than once"))
        given[name] = value
    try:
        return msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(_field_problem(error)) from None


def _field_problem(error: msgspec.ValidationError) -> FieldProblem:
    """msgspec says ``… - at `$.assignments[0].code```; callers read ``/assignments/0/code``."""
    text = str(error)
    where = _WHERE.search(text)
    detail = text[: where.start()] if where else text
    steps = ["".join(step) for step in _STEP.findall(where[1])] if where else []
    if named := _FIELD.search(detail):
        steps.append(named[1])
    return FieldProblem("".join(f"/{step}" for step in steps), detail)
