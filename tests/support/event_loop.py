"""The service in this process, and how long it keeps its event loop from others.

Measured is the processor's time of the loop's thread between two turns, so a busy machine fails no test.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from litestar.types import ASGIApp

from entrypoints.config.settings import Settings
from entrypoints.http.app import http_app

CHUNK: Final = 65_536


class Turns:
    """Watches the event loop."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest = max(self.longest, now - last)
            last = now


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    longest_turn: float
    """In seconds."""


@dataclass(frozen=True, slots=True)
class Inside:
    app: ASGIApp

    async def ask(
        self, method: str, target: bytes, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send it in pieces, as a server would, while the loop is watched."""
        path, _, query = target.partition(b"?")
        given = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        scope: Any = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path.decode(), "raw_path": path, "root_path": "", "query_string": query,
            "headers": given, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)] or [b""]
        sent: list[Any] = []
        ended = asyncio.Event()

        async def receive() -> Any:
            if not pieces:  # The caller stays until the answer ends.
                await ended.wait()
                return {"type": "http.disconnect"}
            await asyncio.sleep(0)
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                ended.set()

        async with watched() as turns:
            await self.app(scope, receive, send)
        answer = b"".join(message.get("body", b"") for message in sent)
        return Answer(sent[0]["status"], answer, turns.longest)


@asynccontextmanager
async def watched() -> AsyncIterator[Turns]:
    turns = Turns()
    watching = asyncio.create_task(turns.watch())
    await asyncio.sleep(0)
    try:
        yield turns
    finally:
        await asyncio.sleep(0)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@asynccontextmanager
async def inside(settings: Settings) -> AsyncIterator[Inside]:
    """The application as the server runs it, from its start to its end."""
    app = http_app(settings)
    to_app: asyncio.Queue[Any] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    serving: Any = app(scope, to_app.get, from_app.put)
    running = asyncio.create_task(serving)
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        yield Inside(app)
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await from_app.get()
        await running
