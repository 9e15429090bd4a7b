"""Live updates are in nobody's way."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.model.cloud_events import OutgoingEvent
from domain.usecases.messaging.live_updates import AT_ONCE, MAX_WAITING, LiveUpdates
from tests.usecases.messaging.relaying import Relaying, ToldRealtime


def events(number: int) -> Sequence[OutgoingEvent]:
    return [OutgoingEvent(id=str(one), key="tour:ann", body=b"{}") for one in range(number)]


async def settled(live: LiveUpdates, realtime: ToldRealtime, told: int) -> None:
    async with asyncio.timeout(30):
        while len(realtime.told) + live.failed < told:
            await asyncio.sleep(0)


async def test_what_is_published_is_told() -> None:
    relaying = Relaying()
    (first,) = await relaying.registers("ann")
    relaying.stream.refuses = {await relaying.changes("ann")}

    await relaying.events()

    await settled(relaying.live, relaying.realtime, 1)
    assert relaying.realtime.told == [first]


async def test_where_nobody_listens_nothing_is_dropped_and_nothing_waits() -> None:
    live = LiveUpdates(None)

    live.tell(events(3 * MAX_WAITING))
    await asyncio.sleep(0)

    assert (live.dropped, live.failed) == (0, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_comes_too_fast_is_dropped_and_delays_nothing() -> None:
    realtime = ToldRealtime(held=asyncio.Event())
    live = LiveUpdates(realtime)

    live.tell(events(3 * MAX_WAITING))
    await asyncio.sleep(0)
    live.tell(events(3 * MAX_WAITING))

    assert live.dropped == 5 * MAX_WAITING - AT_ONCE
    assert realtime.held is not None
    realtime.held.set()
    await settled(live, realtime, MAX_WAITING + AT_ONCE)
    assert realtime.most_at_once <= AT_ONCE
    assert len(realtime.told) == MAX_WAITING + AT_ONCE


async def test_one_that_is_down_is_asked_again_for_the_next() -> None:
    realtime = ToldRealtime(down=True)
    live = LiveUpdates(realtime)
    live.tell(events(3))
    await settled(live, realtime, 3)

    realtime.down = False
    live.tell(events(1))

    await settled(live, realtime, 4)
    assert (live.failed, realtime.told) == (3, ["0"])


@pytest.mark.parametrize("number", [1, 3 * AT_ONCE])
async def test_the_end_is_not_delayed(number: int) -> None:
    live = LiveUpdates(ToldRealtime(held=asyncio.Event()))
    live.tell(events(number))
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await live.stop()
