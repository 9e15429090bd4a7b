"""One lane: who gets its slots, and in which order."""

import asyncio

import pytest

from entrypoints.http.response.problems import Problem
from entrypoints.http.server.admission import WAITING, Lane
from entrypoints.telemetry.metrics import Metrics

PATIENT = 60.0
SLOTS = 3
PLACES = WAITING * SLOTS
"""To wait."""


async def busy_lane(*, wait_seconds: float = PATIENT) -> Lane:
    """All its slots are taken."""
    one = Lane("reads", Metrics(), SLOTS, wait_seconds)
    for _ in range(SLOTS):
        await one.enter()
    return one


async def waiting(entering: Lane, number: int) -> list[asyncio.Task[None]]:
    """So many callers wait, one behind the other."""
    tasks = [asyncio.create_task(entering.enter()) for _ in range(number)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    return tasks


async def test_the_first_to_wait_is_the_first_to_get_the_slot() -> None:
    one = await busy_lane()
    first, second = await waiting(one, 2)

    one.leave()
    await first
    assert not second.done()
    one.leave()
    await second


async def test_a_lane_is_full_when_its_slots_and_its_places_to_wait_are_taken() -> None:
    one = await busy_lane()
    tasks = await waiting(one, PLACES)

    assert one.full
    with pytest.raises(Problem) as refused:
        await one.enter()
    assert (refused.value.status, refused.value.code) == (503, "service.overloaded")
    for task in tasks:
        one.leave()
        await task
    assert not one.full


async def test_a_wait_has_an_end_and_takes_no_slot() -> None:
    one = await busy_lane(wait_seconds=0.01)

    with pytest.raises(Problem):
        await one.enter()

    one.leave()
    await one.enter()


async def test_a_caller_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    one = await busy_lane()
    tasks = await waiting(one, PLACES)

    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)

    assert not one.full
    one.leave()
    await tasks[1]
