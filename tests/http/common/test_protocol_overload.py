"""A request that finds its lane full, with raw sockets: the protocol answers it itself."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from entrypoints.http.server.admission import WAITING
from entrypoints.http.server.wire_limits import Limits
from tests.http.common.raw_sockets import GET, HASTY, PATIENT, Caller, Wire, until, wire

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
        assert (await caller.head()).startswith(b"HTTP/1.1 503 ")
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
