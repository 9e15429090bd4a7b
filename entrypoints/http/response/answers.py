"""What an operation answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.response import Stream
from litestar.types import Send

from entrypoints.http.wire import EndLine, Wire

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is ready as a whole. The framework's own response costs as much as reading an entry."""

    status: int
    body: bytes
    media_type: str = "application/json"
    """Empty: the answer has no body."""
    headers: Mapping[str, str] | None = None
    cookies: Sequence[str] = ()
    """Each is a header ``Set-Cookie``."""

    async def send(self, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = []
        if self.media_type:
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", b"%d" % len(self.body)))
        if self.headers:
            headers += [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        headers += [(b"set-cookie", cookie.encode()) for cookie in self.cookies]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, _encoder.encode(body), headers=headers)


def no_content(status: int = 204) -> Reply:
    return Reply(status, b"", "")


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
