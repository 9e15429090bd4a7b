"""Live updates are sent in the background: they delay neither the relay nor the shutdown."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.appsync.live_updates import AT_ONCE, MAX_WAITING, BackgroundLiveUpdates, NoLiveUpdates, in_background
from domain.model.cloud_events import OutgoingEvent
from tests.usecases.messaging.relaying import Relaying, ScriptedRealtime

pytestmark = pytest.mark.asyncio(loop_scope="function")
"""A loop of its own for each test: that of the session has the tasks of other tests' servers and browsers too."""


def events(number: int) -> Sequence[OutgoingEvent]:
    return [OutgoingEvent(id=str(one), key="tour:ann", body=b"{}") for one in range(number)]


async def settled(live: BackgroundLiveUpdates, realtime: ScriptedRealtime, sent: int) -> None:
    async with asyncio.timeout(30):
        while len(realtime.sent) + live.failed < sent:
            await asyncio.sleep(0)


async def test_a_published_event_is_sent() -> None:
    relaying = Relaying()
    (first,) = await relaying.registers("ann")
    relaying.stream.refuses = {await relaying.changes("ann")}

    await relaying.events()

    await settled(relaying.live_updates, relaying.realtime, 1)
    assert relaying.realtime.sent == [first]


async def test_without_a_receiver_nothing_waits() -> None:
    live = NoLiveUpdates()

    live.announce(events(3 * MAX_WAITING))
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_events_beyond_the_buffer_are_dropped_and_delay_nothing() -> None:
    realtime = ScriptedRealtime(held=asyncio.Event())
    live = BackgroundLiveUpdates(realtime)

    live.announce(events(3 * MAX_WAITING))
    await asyncio.sleep(0)
    live.announce(events(3 * MAX_WAITING))

    assert live.dropped == 5 * MAX_WAITING - AT_ONCE
    assert realtime.held is not None
    realtime.held.set()
    await settled(live, realtime, MAX_WAITING + AT_ONCE)
    assert realtime.most_at_once <= AT_ONCE
    assert len(realtime.sent) == MAX_WAITING + AT_ONCE


async def test_the_next_event_is_sent_after_a_failure() -> None:
    realtime = ScriptedRealtime(down=True)
    live = BackgroundLiveUpdates(realtime)
    live.announce(events(3))
    await settled(live, realtime, 3)

    realtime.down = False
    live.announce(events(1))

    await settled(live, realtime, 4)
    assert (live.failed, realtime.sent) == (3, ["0"])


@pytest.mark.parametrize("number", [1, 3 * AT_ONCE])
async def test_the_shutdown_is_not_delayed(number: int) -> None:
    async with asyncio.timeout(5), in_background(ScriptedRealtime(held=asyncio.Event())) as live:
        live.announce(events(number))
        await asyncio.sleep(0)

    assert asyncio.all_tasks() == {asyncio.current_task()}
