"""A scripted neighbour: it gives the answers of a script, or has one of the usual failures."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

from tests.support.servers.ports import free_port

SLOW_SECONDS: Final = 240.0
"""Longer than the patience of any caller in the tests: a caller that waits for a slow neighbour fails its test."""
STOPS_WITHIN_SECONDS: Final = 0.01
"""Slow answers that are still in progress then are cut off. Zero would mean no limit."""
BACKLOG: Final = 256


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """As it came, not decoded."""
    query: dict[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By their names in small letters."""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: object = None
    """Bytes as they are, anything else as JSON."""
    seconds: float = 0
    """To wait before answering."""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    """Close the connection instead of answering."""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Request], Reply]

TROUBLES: dict[str, Reply] = {
    "hangs_up": Reply(hang_up=True),
    "slow": Reply(seconds=SLOW_SECONDS),
    "error": Reply(500, {"error": "internal"}),
    "gateway": Reply(503, b"<html>"),
    "not_json": Reply(200, b"<html>Welcome</html>"),
    "not_utf8": Reply(200, b'{"id": "\xff\xfe"}'),
    "other_json": Reply(200, ["welcome"]),
    "empty": Reply(200, b""),
    "nested": Reply(200, b"[" * 100_000),
    "endless": Reply(200, b" " * 3_000_000),
    "redirect": Reply(302, b"", headers={"Location": "/elsewhere"}),
    "forbidden": Reply(403, {"error": "forbidden"}),
}
"""The answer of a neighbour to every request, by kind of failure. Being down is another: ``Neighbour.stop``."""


class Neighbour:
    """An HTTP server on this machine. It may be stopped and started again on the same port.

    One thread serves all its connections: with one for each, services of a few hundred callers would leave the
    test no time of its own.
    """

    def __init__(self, script: Script) -> None:
        self._port = free_port()
        self._script = script
        self._thread: threading.Thread | None = None
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def say(self, script: Script | Reply) -> None:
        """From now on."""
        self._script = script if callable(script) else lambda _: script

    def start(self) -> None:
        self._begun.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """From now on connections are refused."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
            self._thread = None

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(_Server(self), shutdown_timeout=STOPS_WITHIN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, backlog=BACKLOG).start()
            self._begun.set()
            await self._over.wait()
        finally:
            self._begun.set()
            await runner.cleanup()

    async def answer(self, incoming: web.BaseRequest) -> web.Response:
        request = await _read(incoming)
        self.requests.append(request)
        reply = self._script(request)
        if reply.seconds:
            await asyncio.sleep(reply.seconds)
        if reply.hang_up and incoming.transport is not None:
            incoming.transport.close()
        return web.Response(status=reply.status, body=reply.content, headers=reply.headers)


class _Server(web.Server):
    def __init__(self, neighbour: Neighbour) -> None:
        super().__init__(neighbour.answer, access_log=None)
        self._neighbour = neighbour

    def __call__(self) -> web.RequestHandler:
        self._neighbour.connections += 1
        return super().__call__()


async def _read(incoming: web.BaseRequest) -> Request:
    target = urlsplit(incoming.raw_path)
    headers = {name.lower(): value for name, value in incoming.headers.items()}
    body = await incoming.content.read()
    return Request(incoming.method, target.path, dict(parse_qsl(target.query)), body, headers)


def nothing_here(_: Request) -> Reply:
    return Reply(404, {"error": "not found"})


def records(bodies: Mapping[str, object]) -> Script:
    """Each of ``bodies`` under its key as the last segment of the path, for any path before it."""

    def answer(request: Request) -> Reply:
        body = bodies.get(unquote(request.path.rpartition("/")[2]))
        return nothing_here(request) if body is None else Reply(200, body)

    return answer


@contextmanager
def neighbour(script: Script = nothing_here) -> Iterator[Neighbour]:
    """A running neighbour for as long as the block lasts."""
    running = Neighbour(script)
    running.start()
    try:
        yield running
    finally:
        running.stop()
