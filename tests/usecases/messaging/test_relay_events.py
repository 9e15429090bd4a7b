"""Publishing the events that changes left (entry-service REQ-010)."""

from datetime import timedelta

import pytest

from domain.model.errors import Unavailable
from domain.model.messaging.relaying import MAX_ATTEMPTS, pause_after
from domain.usecases.messaging.relay_events import EVENTS_AT_ONCE
from tests.usecases.messaging.relaying import Relaying


@pytest.fixture
def relaying() -> Relaying:
    return Relaying()


async def test_events_are_published_once_and_in_order(relaying: Relaying) -> None:
    ids = await relaying.registers("ann")
    ids += [await relaying.changes("ann") for _ in range(3)]

    relayed = await relaying.events()

    assert relaying.stream.published == ids
    assert (relayed.passed_on, relayed.more) == (4, False)
    assert (await relaying.events()).passed_on == 0


async def test_an_outage_parks_no_event_and_loses_none(relaying: Relaying) -> None:
    """However long it lasts, nothing is lost, and nothing is parked for it."""
    ids = await relaying.registers("ann")
    relaying.stream.down = True
    for _ in range(3 * MAX_ATTEMPTS):
        with pytest.raises(Unavailable):
            await relaying.events()

    relaying.stream.down = False
    assert (await relaying.events()).passed_on == 1
    assert relaying.stream.published == ids


async def test_a_refused_event_holds_up_its_entry_for_a_while_and_no_other(relaying: Relaying) -> None:
    (poison,) = await relaying.registers("ann")
    later = await relaying.changes("ann")
    other = await relaying.registers("bob")
    relaying.stream.refuses = {poison}

    relayed = await relaying.events()
    assert (relayed.passed_on, relayed.postponed) == (1, 1)
    assert relaying.stream.published == other
    relaying.clock.advance(pause_after(1) / 2 - timedelta(milliseconds=1))
    assert (await relaying.events()).postponed == 0, "it is left alone until its pause is over"

    relaying.stream.refuses = set()
    relaying.clock.advance(pause_after(1))
    await relaying.events()
    assert relaying.stream.published == [*other, poison, later]


async def test_a_poison_event_is_parked_and_the_later_ones_go_on(relaying: Relaying) -> None:
    (poison,) = await relaying.registers("ann")
    later = [await relaying.changes("ann") for _ in range(2)]
    relaying.stream.refuses = {poison}

    passes = await relaying.events_until_nothing_moves()

    assert [one.postponed for one in passes] == [1] * (MAX_ATTEMPTS - 1) + [0, 0]
    assert relaying.stream.published == later
    (parked,) = await relaying.outbox.parked(None, 10)
    assert (parked.message.id, parked.message.attempts, parked.reason) == (poison, MAX_ATTEMPTS, "too large")
    assert passes[-2].more, "later events need not wait for the next pass"

    relaying.stream.refuses = set()
    assert await relaying.outbox.put_back([poison]) == [poison]
    await relaying.events()
    assert relaying.stream.published == [*later, poison]


async def test_it_is_parked_within_half_a_minute(relaying: Relaying) -> None:
    assert sum((pause_after(attempt) for attempt in range(1, MAX_ATTEMPTS)), timedelta()) <= timedelta(seconds=30)
    assert pause_after(1) < pause_after(2) < pause_after(3)


async def test_a_stream_that_breaks_over_one_event_goes_on_with_the_others(relaying: Relaying) -> None:
    """The adapter may come from another package."""
    (poison,) = await relaying.registers("ann")
    behind = await relaying.changes("ann")
    other = await relaying.registers("bob")
    relaying.stream.fails_at = {poison}

    await relaying.events_until_nothing_moves()

    assert relaying.stream.published == [*other, behind]
    (parked,) = await relaying.outbox.parked(None, 10)
    assert (parked.message.id, parked.reason) == (poison, "the stream failed: ValueError")


async def test_many_events_are_taken_in_bounded_batches(relaying: Relaying) -> None:
    for number in range(EVENTS_AT_ONCE + 1):
        await relaying.registers(f"fan-{number}")

    first, second = await relaying.events(), await relaying.events()

    assert (first.passed_on, first.more) == (EVENTS_AT_ONCE, True)
    assert (second.passed_on, second.more) == (1, False)
