"""A name is taken once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.memory.rate_limits import MemoryRateLimits
from domain.usecases.audit.take_once import REMEMBERED, TakeOnce
from tests.support.registrations import NOON


@dataclass(slots=True)
class Clock:
    time: datetime = NOON

    def now(self) -> datetime:
        return self.time


async def test_of_callers_at_the_same_time_one_takes_the_name() -> None:
    take = TakeOnce(limits=MemoryRateLimits(), clock=Clock())
    taken = await asyncio.gather(*(take("form") for _ in range(20)))
    assert sum(taken) == 1


async def test_names_are_taken_one_by_one() -> None:
    take = TakeOnce(limits=MemoryRateLimits(), clock=Clock())
    assert [await take(name) for name in ("a", "b", "a", "b")] == [True, True, False, False]


async def test_a_name_stays_taken_for_a_day() -> None:
    clock = Clock()
    take = TakeOnce(limits=MemoryRateLimits(), clock=clock)
    assert await take("form")
    clock.time += REMEMBERED - timedelta(seconds=1)
    assert not await take("form")
