"""Limits of heads and connections on the wire, with raw sockets."""

import asyncio

import pytest

from entrypoints.http.server.wire_limits import MAX_HEAD_BYTES, Limits
from tests.http.common.raw_sockets import BRISK, CHUNKED, GET, HASTY, PATIENT, POST, head, trickle, until, wire
from tests.support.event_loop import watched


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


@pytest.mark.parametrize("before", [b"", GET])
@pytest.mark.parametrize("begun", [b"GET /livez HTTP/1.1\r\nHo", b"\r\n\r\n\r\n", b"G"])
async def test_a_head_that_trickles_is_refused(before: bytes, begun: bytes) -> None:
    async with wire(BRISK if before else HASTY) as served:
        caller = await served.call()
        if before:
            caller.send(before)
            await caller.answer()
        sending = asyncio.create_task(trickle(caller, begun))
        await caller.refused(408)
        sending.cancel()


async def test_a_connection_that_says_nothing_is_refused_but_one_that_idles_is_not() -> None:
    async with wire(BRISK) as served:
        idle = await served.call()
        idle.send(GET)
        assert (await idle.answer())[0] == 200
        await (await served.call()).refused(408)
        idle.send(GET)
        assert (await idle.answer())[0] == 200


@pytest.mark.parametrize(
    ("behind", "status", "limits"),
    [
        (b"GET /livez HTTP/1.1\r\nX: " + b"x" * 140_000, 431, PATIENT),
        (head(bytes=700, headers=101), 431, PATIENT),
        (b"nonsense\r\n\r\n", 400, PATIENT),
        (b"GET /liv", 408, BRISK),
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
        await asyncio.sleep(1.5 * BRISK.head_seconds if status == 408 else 0.1)
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
