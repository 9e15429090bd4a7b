"""Limits of bodies on the wire, with raw sockets."""

import asyncio

import pytest

from tests.http.common.raw_sockets import BRISK, CHUNKED, HASTY, PATIENT, POST, trickle, wire


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


@pytest.mark.parametrize("begun", [POST + b"01234", CHUNKED + b"5\r\nab", CHUNKED])
async def test_a_body_that_stands_still_is_refused(begun: bytes) -> None:
    async with wire(HASTY) as served:
        caller = await served.call()
        caller.send(begun)
        await caller.refused(408)


async def test_a_body_that_moves_is_waited_for() -> None:
    async with wire(BRISK) as served:
        caller = await served.call()
        caller.send(POST)
        await trickle(caller, b"0123456789", pause=BRISK.body_seconds / 8)
        assert (await caller.answer())[2] == b"0123456789"


async def test_the_caller_is_not_blamed_for_what_the_service_keeps_waiting() -> None:
    """A caller that was not told to go on has not paused; nor has a caller that waits until its bytes are read."""
    slow = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
    async with wire(BRISK) as served:
        asking, pushing = await served.call(), await served.call()
        asking.send(slow + b"Expect: 100-continue\r\n\r\n")
        pushing.send(slow + b"\r\n" + b"x" * 150_000)
        await asyncio.sleep(1.5 * BRISK.body_seconds)
        served.go.set()
        await asking.told_to_go_on()
        for caller, rest in ((asking, 200_000), (pushing, 50_000)):
            caller.send(b"x" * rest)
            assert len((await caller.answer())[2]) == 200_000


async def test_a_body_that_is_not_http_is_refused() -> None:
    async with wire(PATIENT) as served:
        caller = await served.call()
        caller.send(CHUNKED + b"nonsense")
        await caller.refused(400)


async def test_a_body_that_stops_behind_its_answer_closes_the_connection() -> None:
    async with wire(BRISK) as served:
        caller = await served.call()
        caller.send(POST.replace(b"/livez", b"/early") + b"01234")
        assert (await caller.answer())[0] == 200
        caller.send(b"5")
        await caller.closed()
