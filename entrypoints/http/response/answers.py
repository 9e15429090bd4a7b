"""Answers on their way out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from litestar.response import Response, Stream

_encoder = msgspec.json.Encoder()


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(
        _encoder.encode(body), status_code=status, media_type="application/json", headers=dict(headers or {})
    )


def stream_answer(lines: AsyncIterator[bytes], media_type: str) -> Stream:
    """Bytes as they come, in constant memory."""
    return Stream(_in_turns(lines), media_type=media_type)


async def _in_turns(pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Between two pages others have their turn: neither the store nor the caller need make this one wait."""
    async for page in pages:
        yield page
        await asyncio.sleep(0)
