"""When a deadline is missed, and when it only seems so."""

import asyncio
import time

from entrypoints.http.server.deadline import STALLED_SECONDS, Deadline


async def test_a_deadline_that_passes_is_missed() -> None:
    missed = asyncio.Event()
    deadline = Deadline(asyncio.get_running_loop(), missed.set)

    deadline.set(0.01)

    await asyncio.wait_for(missed.wait(), 30)


async def test_a_deadline_that_passes_while_the_process_stands_still_waits_for_what_has_come() -> None:
    missed = asyncio.Event()
    deadline = Deadline(asyncio.get_running_loop(), missed.set)
    deadline.set(0.01)

    time.sleep(2 * STALLED_SECONDS)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await asyncio.sleep(0)  # Turns of the event loop, in which it reads.

    # A slow machine may stand still here for as long again.
    assert not missed.is_set() or asyncio.get_running_loop().time() - began >= STALLED_SECONDS
    await asyncio.wait_for(missed.wait(), 30)
