"""The protocol in this process, and callers with raw sockets. Deadlines are short."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from entrypoints.http.response.problems import Problem
from entrypoints.http.server.admission import STATE_KEY, Admission
from entrypoints.http.server.middleware import RequestMiddleware
from entrypoints.http.server.protocol import Protocol
from entrypoints.http.server.routes import Routes
from entrypoints.http.server.wire_limits import Limits
from entrypoints.telemetry.metrics import Metrics

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENT = Limits(head_seconds=30, body_seconds=30, linger_seconds=30)
HASTY = Limits(head_seconds=0.2, body_seconds=0.2, linger_seconds=0.1)
"""For callers that are refused: they cannot be too late."""
BRISK = Limits(head_seconds=1, body_seconds=1, linger_seconds=0.1)
"""For callers that are in time: a busy machine may take most of a second from one piece to the next."""


class Wire:
    """A server, and the callers of its raw sockets.

    ``/slow`` is answered once ``go`` is set, ``/early`` before its body is read.
    """

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.state = ServerState()
        self.seen: list[Any] = []
        self.callers: list[Caller] = []
        self.port = 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        status, body = 200, b""
        if scope["path"] == "/slow":
            await self.go.wait()
        try:
            while scope["path"] != "/early":
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
        except Problem as problem:
            status, body = problem.status, problem.body("r-1")
        self.seen.append((dict(scope["headers"]), body))
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def call(self) -> "Caller":
        self.callers.append(Caller(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.callers[-1]


class Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def leave(self) -> None:
        self._writer.close()

    async def told_to_go_on(self) -> None:
        assert await self.head() == b"HTTP/1.1 100 Continue\r\n\r\n"

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def head(self) -> bytes:
        """Of the next answer."""
        return await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        line, *lines = (await self.head()).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(line.split()[1]), headers, await self._reader.readexactly(int(headers["content-length"]))

    async def refused(self, status: int) -> None:
        """It is a problem like all others, and the last thing on this connection."""
        found, headers, body = await self.answer()
        problem = json.loads(body)
        assert (found, problem["status"]) == (status, status)
        assert problem["code"].startswith(("request.", "service."))
        assert headers["connection"] == "close"
        assert headers["x-request-id"]
        assert status != 503 or int(headers["retry-after"]) > 0
        await self.closed()

    async def closed(self) -> None:
        assert await asyncio.wait_for(self._reader.read(), 20) == b""
        self.leave()


@asynccontextmanager
async def wire(limits: Limits, *, at_once: int = 100) -> AsyncIterator[Wire]:
    served, metrics = Wire(), Metrics()
    admission = Admission(served.app, metrics, at_once=at_once, wait_seconds=PATIENT.head_seconds)
    app = RequestMiddleware(admission, metrics, Routes({"/livez": ["GET"]}))
    state = {STATE_KEY: admission}
    config = uvicorn.Config(app, ws="none", access_log=False, log_config=None)

    def protocol() -> Protocol:
        return Protocol(config=config, server_state=served.state, app_state=state, limits=limits)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for caller in served.callers:
            caller.leave()
        await until(lambda: not served.state.connections and not served.state.tasks)


def head(*, bytes: int, headers: int = 2) -> bytes:
    """A whole head of exactly so many bytes and headers."""
    lines = b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"a:\r\n" * (headers - 2) + b"b:"
    return lines + b"x" * (bytes - len(lines) - 4) + b"\r\n\r\n"


async def trickle(caller: Caller, data: bytes, *, pause: float = 0.05) -> None:
    for byte in data:
        caller.send(bytes([byte]))
        await asyncio.sleep(pause)


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():
            await asyncio.sleep(0.01)
