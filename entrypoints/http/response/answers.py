"""Successful answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from litestar.response import Response, Stream

from entrypoints.http.wire import EndLine, Wire

_encoder = msgspec.json.Encoder()


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(
        _encoder.encode(body), status_code=status, media_type="application/json", headers=dict(headers or {})
    )


def no_content(status: int = 204) -> Response[None]:
    return Response(None, status_code=status)


async def ndjson_lines(pages: AsyncIterator[Sequence[Wire]]) -> AsyncIterator[bytes]:
    """One line a body. The last line tells that the answer is whole, and how many lines came before it."""
    count = 0
    async for page in pages:
        yield _encoder.encode_lines(page)
        count += len(page)
    yield _encoder.encode_lines([EndLine(end=True, count=count)])


def stream_answer(lines: AsyncIterator[bytes], media_type: str) -> Stream:
    """Stream the bytes, in constant memory."""
    return Stream(_in_turns(lines), media_type=media_type)


async def _in_turns(pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Other requests run between two pages, also where neither the store nor the caller makes this one wait."""
    async for page in pages:
        yield page
        await asyncio.sleep(0)
