"""Limits on the wire, with raw sockets: the protocol in this process, with short deadlines."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from entrypoints.http.response.problems import Problem
from entrypoints.http.server.admission import STATE_KEY, WAITING, Admission
from entrypoints.http.server.middleware import RequestMiddleware
from entrypoints.http.server.protocol import Protocol
from entrypoints.http.server.routes import Routes
from entrypoints.http.server.wire_limits import MAX_HEAD_BYTES, Limits
from entrypoints.telemetry.metrics import Metrics
from tests.support.event_loop import watched

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENT = Limits(head_seconds=30, body_seconds=30, linger_seconds=30)
HASTY = Limits(head_seconds=0.2, body_seconds=0.2, linger_seconds=0.1)


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
        told = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)
        assert told == b"HTTP/1.1 100 Continue\r\n\r\n"

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)
        line, *lines = head.decode().strip().split("\r\n")
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


@pytest.mark.parametrize("before", [b"", GET, POST + b"0123456789"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(bytes=MAX_HEAD_BYTES), 200),
        (head(bytes=MAX_HEAD_BYTES + 1), 431),
        (head(bytes=500, headers=100), 200),
        (head(bytes=600, headers=101), 431),
        (b"GET /" + b"x" * MAX_HEAD_BYTES, 431),
        (b"\r\n" * MAX_HEAD_BYTES, 431),
    ],
    ids=["as large", "larger", "as many", "more", "line", "empty lines"],
)
async def test_a_head_may_be_64_kib_and_100_headers(before: bytes, sent: bytes, status: int) -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        if before:
            caller.send(before)
            assert (await caller.answer())[0] == 200
        caller.send(sent)
        if status == 200:
            assert (await caller.answer())[0] == 200
        else:
            await caller.refused(431)


async def test_a_head_that_never_ends_is_refused_while_it_is_sent() -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(b"GET /livez HTTP/1.1\r\nX: " + b"x" * 20_000_000)
        await caller.refused(431)
        assert not served.seen


@pytest.mark.parametrize(
    "ending", [b"0\r\n" + b"a: b\r\n" * 30_000, b"0\r\nX: " + b"x" * 200_000, b"3;" + b"x" * 200_000]
)
async def test_what_frames_a_body_is_bounded_as_heads_are(ending: bytes) -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(CHUNKED + ending)
        await caller.refused(431)


async def test_trailers_are_no_headers() -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(CHUNKED + b"2\r\nhi\r\n0\r\nAuthorization: Bearer x\r\n\r\n" + CHUNKED + b"0\r\n\r\n")
        assert (await caller.answer())[2] == b"hi"
        assert (await caller.answer())[2] == b""
        assert [sorted(headers) for headers, _ in served.seen] == [[b"host", b"transfer-encoding"]] * 2


async def trickle(caller: Caller, data: bytes) -> None:
    for byte in data:
        caller.send(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("before", [b"", GET])
@pytest.mark.parametrize("begun", [b"GET /livez HTTP/1.1\r\nHo", b"\r\n\r\n\r\n", b"G"])
async def test_a_head_that_trickles_is_refused(before: bytes, begun: bytes) -> None:
    async with wire(HASTY) as served:
        caller = await served.call()
        if before:
            caller.send(before)
            await caller.answer()
        sending = asyncio.create_task(trickle(caller, begun))
        await caller.refused(408)
        sending.cancel()


async def test_a_connection_that_says_nothing_is_refused_but_one_that_idles_is_not() -> None:
    async with wire(HASTY) as served:
        idle = await served.call()
        idle.send(GET)
        assert (await idle.answer())[0] == 200
        await (await served.call()).refused(408)
        idle.send(GET)
        assert (await idle.answer())[0] == 200


@pytest.mark.parametrize("begun", [POST + b"01234", CHUNKED + b"5\r\nab", CHUNKED])
async def test_a_body_that_stands_still_is_refused(begun: bytes) -> None:
    async with wire(HASTY) as served:
        caller = await served.call()
        caller.send(begun)
        await caller.refused(408)


async def test_a_body_that_moves_is_waited_for() -> None:
    async with wire(HASTY) as served:
        caller = await served.call()
        caller.send(POST)
        await trickle(caller, b"0123456789")
        assert (await caller.answer())[2] == b"0123456789"


async def test_the_caller_is_not_blamed_for_what_the_service_keeps_waiting() -> None:
    """Who was not told to go on has not paused; nor has one whose bytes nothing reads."""
    slow = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
    async with wire(HASTY) as served:
        asking, pushing = await served.call(), await served.call()
        asking.send(slow + b"Expect: 100-continue\r\n\r\n")
        pushing.send(slow + b"\r\n" + b"x" * 150_000)
        await asyncio.sleep(0.5)
        served.go.set()
        assert (
            await asyncio.wait_for(asking._reader.readuntil(b"\r\n\r\n"), 20) == b"HTTP/1.1 100 Continue\r\n\r\n"
        )
        for caller, rest in ((asking, 200_000), (pushing, 50_000)):
            caller.send(b"x" * rest)
            assert len((await caller.answer())[2]) == 200_000


async def test_a_body_that_is_not_http_is_refused() -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(CHUNKED + b"nonsense")
        await caller.refused(400)


async def test_a_body_that_stops_behind_its_answer_closes_the_connection() -> None:
    async with wire(HASTY) as served:
        caller = await served.call()
        caller.send(POST.replace(b"/livez", b"/early") + b"01234")
        assert (await caller.answer())[0] == 200
        caller.send(b"5")
        await caller.closed()


@pytest.mark.parametrize(
    ("behind", "status", "limits"),
    [
        (b"GET /livez HTTP/1.1\r\nX: " + b"x" * 140_000, 431, PATIENT),
        (head(bytes=700, headers=101), 431, PATIENT),
        (b"nonsense\r\n\r\n", 400, PATIENT),
        (b"GET /liv", 408, HASTY),
    ],
    ids=["too large", "too many", "nonsense", "trickle"],
)
@pytest.mark.parametrize("more", [0, 2])
async def test_a_refusal_waits_for_the_answers_before_it(
    more: int, behind: bytes, status: int, limits: Limits
) -> None:
    async with wire(limits) as served:
        caller = await served.call()
        caller.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET * more + behind)
        await asyncio.sleep(0.5 if status == 408 else 0.1)
        served.go.set()
        for _ in range(1 + more):
            assert (await caller.answer())[0] == 200
        await caller.refused(status)


async def test_what_is_sent_ahead_is_bounded() -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(GET * 1_000)
        for _ in range(101):
            assert (await caller.answer())[0] == 200
        await caller.refused(503)


async def test_connections_beyond_the_limit_are_told_to_come_again() -> None:
    async with wire(Limits(connections=2)) as served:
        first, second, third = [await served.call() for _ in range(3)]
        for caller in (first, second, third):
            caller.send(GET)
        assert (await first.answer())[0] == 200
        assert (await second.answer())[0] == 200
        await third.refused(503)
        first.send(GET)
        assert (await first.answer())[0] == 200
        second.leave()
        await until(lambda: len(served.state.connections) == 1)
        again = await served.call()
        again.send(GET)
        assert (await again.answer())[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        GET * 20_000, CHUNKED + b"1\r\nx\r\n" * 200_000, b"\r\n" * 30_000, head(bytes=60_000, headers=9_000),
        b"GET /" + b"%41" * 20_000 + b" HTTP/1.1\r\n\r\n",
        POST.replace(b": 10", b": 2000000") + b"x" * 2_000_000,
    ],
    ids=["requests", "chunks", "empty lines", "headers", "url", "body"],
)  # fmt: skip
async def test_nothing_on_the_wire_holds_the_loop(sent: bytes, request: pytest.FixtureRequest) -> None:
    async with wire(PATIENT) as served, watched() as turns:
        caller = await served.call()
        caller.send(sent)
        await asyncio.sleep(0.5)
    print(f"{request.node.callspec.id}: {1000 * turns.longest:.0f} ms")
    assert turns.longest < 0.5


SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
QUICK = SLOW.replace(b"/slow", b"/quick")


@asynccontextmanager
async def full(limits: Limits = PATIENT) -> AsyncIterator[Wire]:
    """The lane of reading requests is full until ``go`` is set, which the block does at its end."""
    async with wire(limits, at_once=1) as served:
        inside = [await served.call() for _ in range(1 + WAITING)]
        for caller in inside:
            caller.send(SLOW)
        await until(lambda: len(served.state.tasks) == len(inside))
        try:
            yield served
        finally:
            served.go.set()
        for caller in inside:
            assert (await caller.answer())[0] == 200


async def overloaded(caller: Caller) -> str:
    """The caller is told to come again, on a connection that stays open. Returns the id of the request."""
    status, headers, body = await caller.answer()
    problem = json.loads(body) if body else {"code": "service.overloaded"}
    assert (status, problem["code"]) == (503, "service.overloaded")
    assert int(headers["retry-after"]) > 0
    assert "connection" not in headers
    return headers["x-request-id"]


async def test_a_full_lane_refuses_without_closing_the_connection() -> None:
    async with full() as served:
        caller = await served.call()
        for _ in range(3):
            caller.send(QUICK)
            await overloaded(caller)
        caller.send(QUICK.replace(b"Host", b"X-Request-Id: mine-1\r\nHost"))
        assert await overloaded(caller) == "mine-1"
        caller.send(GET)
        assert (await caller.answer())[0] == 200, "what operators ask is always answered"
        assert len(served.state.tasks) == 1 + WAITING, "nothing waits for an answer that was sent"
        served.go.set()
        await until(lambda: not served.state.tasks)
        caller.send(QUICK)
        assert (await caller.answer())[0] == 200


@pytest.mark.parametrize(
    ("more", "answers"),
    [
        (b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000, 1),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\na: b\r\n\r\n", 1),
        (b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", 1),
        (b"\r\n" + QUICK * 50, 51),
    ],
    ids=["body", "chunks", "asks first", "sent ahead"],
)
async def test_behind_a_refused_request_the_connection_is_in_order(more: bytes, answers: int) -> None:
    begun = b"GET /quick HTTP/1.1\r\nHost: x\r\n"
    async with full() as served:
        caller = await served.call()
        for _ in range(2):
            caller.send(begun + more)
            for _ in range(answers):
                await overloaded(caller)
        caller.send(GET)
        assert (await caller.answer())[0] == 200
        assert [body for _, body in served.seen] == [b""], "only what operators ask"


async def test_a_refused_head_request_has_no_body() -> None:
    async with full() as served:
        caller = await served.call()
        caller.send(QUICK.replace(b"GET", b"HEAD") + GET)
        head = await asyncio.wait_for(caller._reader.readuntil(b"\r\n\r\n"), 20)
        assert head.startswith(b"HTTP/1.1 503 ")
        assert (await caller.answer())[0] == 200


async def test_a_caller_that_closes_is_refused_and_closed() -> None:
    async with full() as served:
        caller = await served.call()
        caller.send(QUICK.replace(b"Host", b"Connection: close\r\nHost"))
        await caller.refused(503)


async def test_the_body_of_a_refused_request_may_not_stand_still() -> None:
    async with full(HASTY) as served:
        caller = await served.call()
        caller.send(b"GET /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        await overloaded(caller)
        await caller.closed()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():
            await asyncio.sleep(0.01)
