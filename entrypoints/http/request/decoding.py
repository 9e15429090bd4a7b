"""From bytes and query strings to typed values. Input that is unreadable or wrong becomes a Problem."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
import msgspec.inspect
from litestar.connection import Request

from domain.model.ids import (
    CAMPAIGN_ID_RULE,
    USER_ID_RULE,
    CampaignId,
    UserId,
    is_campaign_id,
    is_user_id,
)
from entrypoints.http.request.field_problems import field_problem, pointer
from entrypoints.http.request.headers import header
from entrypoints.http.response.problems import (
    FieldProblem,
    invalid,
    malformed,
    too_large,
    unsupported_media_type,
)
from entrypoints.http.server.routes import of_segment

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T", bound=msgspec.Struct)

BODY_LIMIT: Final = 1024 * 1024
JSON: Final = "application/json"
MAX_COMMAS: Final = 500_000
"""Ten for each record of the longest list: decoding more values would block other requests for too long."""
MAX_PARAMETERS: Final = 200
"""In a query: more than any operation has."""

_QUERY: Final = "fangate.query"
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?")
_BOOLEANS: Final = {"true": True, "false": False}
_LONGEST_LENGTH: Final = 18
"""Digits of a Content-Length that are read: a longer one is too large in any case."""


def campaign_of(request: AnyRequest) -> CampaignId:
    text = request.path_params["campaignId"]
    if not is_campaign_id(text):
        raise invalid(FieldProblem("/campaignId", CAMPAIGN_ID_RULE))
    return CampaignId(text)


def user_of(request: AnyRequest) -> UserId:
    text = of_segment(request.path_params["userId"])
    if not is_user_id(text):
        raise invalid(FieldProblem("/userId", USER_ID_RULE))
    return UserId(text)


def media_type_of(request: AnyRequest) -> str:
    """The media type of the body, without its parameters."""
    return (header(request, b"content-type") or "").partition(";")[0].strip().lower()


async def body_of(
    request: AnyRequest, type: type[T], *, limit: int = BODY_LIMIT, other_media: tuple[str, ...] = ()
) -> T:
    """The JSON body. Raises Problem: 413, 415, 400 for invalid JSON, 422 for JSON that does not fit ``type``.

    ``other_media``: media types beside JSON that the operation accepts, and reads elsewhere.
    """
    raw = await _read(request, limit)
    if media_type_of(request) != JSON:
        if raw or header(request, b"content-type") is not None:
            raise unsupported_media_type(media_type_of(request), JSON, *other_media)
        raise malformed("there is no body")
    await let_others_in(len(raw))
    if raw.count(b",") > MAX_COMMAS:
        check_json(raw)
        raise invalid(FieldProblem("", "holds too many values: send them in several requests"))
    try:
        return msgspec.json.decode(raw, type=type)
    except msgspec.ValidationError as error:
        await let_others_in(len(raw))
        check_json(raw)
        raise invalid(field_problem(error, type)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        check_json(raw)
        raise invalid(FieldProblem("", "holds half a character")) from None


async def let_others_in(size: int) -> None:
    """Let other requests run between two passes over so many bytes."""
    if size > BODY_LIMIT:
        await asyncio.sleep(0)


def check_json(raw: bytes) -> None:
    """Raises a 400 Problem for invalid JSON.

    Typed decoding stops at the first value that does not fit, so what comes behind it may still be no JSON at
    all; and it refuses a lone surrogate, which JSON's grammar lets pass.
    """
    try:
        raw.decode()
        paired = raw.replace(b"\\ud", b"\\u0").replace(b"\\uD", b"\\u0")
        msgspec.json.decode(paired, type=msgspec.Raw)  # Reads all and builds no objects: 16 MiB take 30 ms.
    except (ValueError, RecursionError):
        raise malformed("the body is not JSON") from None


async def chunks_of(request: AnyRequest) -> AsyncIterator[bytes]:
    """The body in pieces. The stream of the framework computes its limit anew for each request."""
    more = True
    while more:
        chunk, more = await _chunk(request)
        yield chunk


async def _chunk(request: AnyRequest) -> tuple[bytes, bool]:
    """The next piece, and if more follow."""
    message: Any = await request.receive()
    if message["type"] == "http.disconnect":
        raise malformed("the body ended too early")
    return message.get("body", b""), message.get("more_body", False)


def announced_size(request: AnyRequest) -> int | None:
    """The bytes of the body by its Content-Length, which may be missing."""
    length = header(request, b"content-length") or ""
    return int(length[:_LONGEST_LENGTH]) if length.isdecimal() else None


async def _read(request: AnyRequest, limit: int) -> bytes:
    """The body, as long as it stays within ``limit`` bytes, whatever its Content-Length claims."""
    if (announced_size(request) or 0) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= limit:
        chunk, more = await _chunk(request)
        size += len(chunk)
        chunks.append(chunk)
    if size > limit:
        raise too_large(limit)
    return b"".join(chunks)


def query_once(request: AnyRequest, type: type[T]) -> T:
    """``query_of``. The authorization of a narrowed token may have read the query before."""
    known: dict[str, Any] = request.scope  # type: ignore[assignment]  # A server's scope may hold more.
    if _QUERY not in known:
        known[_QUERY] = query_of(request, type)
    query: T = known[_QUERY]
    return query


def query_of(request: AnyRequest, type: type[T]) -> T:
    """The query string. An unknown parameter is an error, and so is one given twice: neither is ignored."""
    given: dict[str, str | int | float] = {}
    shape = _shape_of(type)
    lists: dict[str, list[str]] = {}
    for name, value in _parameters(request.scope["query_string"]):
        if name in shape.lists:
            lists.setdefault(name, []).append(value)
        elif name in given:
            raise invalid(FieldProblem(pointer(name), "is given more than once"))
        elif name in shape.integers and _INTEGER.fullmatch(value):
            given[name] = int(value)
        elif name in shape.decimals and _DECIMAL.fullmatch(value):
            given[name] = float(value)
        elif name in shape.booleans and value in _BOOLEANS:
            given[name] = _BOOLEANS[value]
        else:
            given[name] = value
    try:
        return msgspec.convert(given | lists, type)
    except msgspec.ValidationError as error:
        raise invalid(field_problem(error, type)) from None


def _parameters(query: bytes) -> list[tuple[str, str]]:
    """The reader of the framework is not used: it remembers a thousand queries of any length."""
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise invalid(FieldProblem("", f"has more than {MAX_PARAMETERS} parameters: send fewer")) from None


class _Shape(NamedTuple):
    """The fields that are not text. Others stay text: the lax mode of msgspec would read ``null`` as no value."""

    integers: frozenset[str]
    decimals: frozenset[str]
    booleans: frozenset[str]
    lists: frozenset[str]
    """May be given several times."""


@cache
def _shape_of(type: type[msgspec.Struct]) -> _Shape:
    kinds = {field.encode_name: _bare(field.type) for field in msgspec.structs.fields(type)}

    def of(kind: Any) -> frozenset[str]:
        return frozenset(name for name, found in kinds.items() if isinstance(found, kind))

    inspect = msgspec.inspect
    return _Shape(of(inspect.IntType), of(inspect.FloatType), of(inspect.BoolType), of(inspect.ListType))


def _bare(type: Any) -> msgspec.inspect.Type:
    """The kind of the type, without its constraints, and without None where the parameter may be missing."""
    info = msgspec.inspect.type_info(type)
    while isinstance(info, msgspec.inspect.Metadata | msgspec.inspect.UnionType):
        if isinstance(info, msgspec.inspect.UnionType):
            info = next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType))
        else:
            info = info.type
    return info
