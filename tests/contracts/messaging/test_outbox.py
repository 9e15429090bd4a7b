"""What every Outbox promises."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from domain.model.errors import Unavailable
from domain.model.ids import UserId
from domain.model.messaging.leases import partition_of
from domain.model.messaging.messages import NO_REQUEST, RequestContext, StoredMessage, message_data
from domain.model.messaging.relaying import (
    Channel,
    Parked,
    ParkedPosition,
    Postponed,
    Settlement,
    Standing,
)
from domain.model.registrations.entry import BackgroundTask, Details, Entry, EntryEvent, Selection
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.scoring import ScoreRecord
from tests.contracts.registrations.entry_stores import (
    EVERYWHERE,
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    existing,
    fan,
    new_campaign,
    noted,
    phone,
    registered,
    store,
    waiting,
)
from tests.support.codes import TICK

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]


async def test_messages_wait_with_what_the_change_made(entry_ports: EntryPorts) -> None:
    """REQ-010: the event is stored together with the state that it describes."""
    entry = Entry.register(TOUR, fan(1), Details(phone=phone(1), markets=MARKETS[:2]), NOW).confirm(NOW)
    entry = entry.with_event(EntryEvent.CREATED, NOW, BackgroundTask.RETRY_FANSCORE)
    await store(entry_ports, entry)

    (created,) = await waiting(entry_ports, Channel.EVENTS)
    (retry,) = await waiting(entry_ports, Channel.RETRIES)
    (receipt,) = await waiting(entry_ports, Channel.RECEIPTS)

    assert [message.id for message in (created, retry, receipt)] == [message.id for message in entry.messages]
    assert created == StoredMessage(
        id=entry.messages[0].id,
        about=EntryEvent.CREATED,
        at=NOW,
        campaign_id=TOUR,
        user_id=fan(1),
        revision=1,
        data=message_data(EntryEvent.CREATED, entry),
    )
    assert (retry.about, retry.data) == (BackgroundTask.RETRY_FANSCORE, None)
    assert (receipt.about, receipt.data) == (BackgroundTask.SEND_RECEIPT, None)


async def test_messages_carry_the_id_of_the_request_that_left_them(entry_ports: EntryPorts) -> None:
    """For every kind of change: alone, in a batch, or with scores."""
    traced = RequestContext(request_id="r-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    entry_ports.asking.say(traced)
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    entry_ports.asking.say(RequestContext(request_id="r-2"))
    await entry_ports.entries.change_many(TOUR, [fan(1)], noted("n", "1"))
    entry_ports.asking.say(RequestContext(request_id="r-3"))
    selected = ScoreRecord(user_id=fan(1), score=9, selection=Selection.SELECTED)
    await entry_ports.scores.put(TOUR, [selected], NOW, upload="one")
    entry_ports.asking.say(NO_REQUEST)
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "2")))

    expected = [traced, RequestContext(request_id="r-2"), RequestContext(request_id="r-3"), NO_REQUEST]
    assert [message.request for message in await waiting(entry_ports)] == expected


async def test_changes_at_once_carry_each_its_own_request(entry_ports: EntryPorts) -> None:
    """Also when they share a batch."""

    async def register(number: int) -> None:
        entry_ports.asking.say(RequestContext(request_id=f"r-{number}"))
        await store(entry_ports, registered(fan(number), phone(number)))
        await entry_ports.entries.change(TOUR, fan(number), existing(noted("n", "1")))

    await asyncio.gather(*(asyncio.create_task(register(number)) for number in range(30)))

    left = await entry_ports.outbox.pending(Channel.EVENTS, EVERYWHERE, 100, NOW + timedelta(hours=1))
    assert {(message.user_id, message.request.request_id) for message in left} == {
        (fan(number), f"r-{number}") for number in range(30)
    }
    assert len(left) == 60


def settled(
    *passed_on: StoredMessage,
    postponed: Sequence[Postponed] = (),
    parked: Sequence[Parked] = (),
    channel: Channel = Channel.EVENTS,
) -> Settlement:
    return Settlement(channel=channel, at=NOW, passed_on=passed_on, postponed=postponed, parked=parked)


def put_off(message: StoredMessage, by: timedelta) -> Postponed:
    return Postponed(message=replace(message, attempts=message.attempts + 1), until=NOW + by)


def park(message: StoredMessage, since: datetime = NOW) -> Parked:
    return Parked(message=replace(message, attempts=5), reason="too large", since=since)


async def changed(ports: EntryPorts, times: int, *, number: int = 1) -> None:
    """A fan who registered and then made that many changes."""
    await store(ports, registered(fan(number), phone(number)))
    for one in range(times):
        await ports.entries.change(TOUR, fan(number), existing(noted("n", str(one))))


def revisions(messages: Iterable[StoredMessage]) -> list[int]:
    return [message.revision for message in messages]


async def test_a_message_that_was_passed_on_does_not_wait_any_more(entry_ports: EntryPorts) -> None:
    await changed(entry_ports, 3)
    first, second, *rest = await waiting(entry_ports)

    await entry_ports.outbox.settle(settled(second))
    assert await waiting(entry_ports) == [first, *rest]
    await entry_ports.outbox.settle(settled(first, second))
    assert await waiting(entry_ports) == rest
    await entry_ports.outbox.settle(settled(*rest))
    await entry_ports.outbox.settle(settled(*rest))
    await entry_ports.outbox.settle(settled())

    assert await waiting(entry_ports) == []
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "last")))
    assert revisions(await waiting(entry_ports)) == [5]


async def test_messages_of_several_campaigns_leave_together(entry_ports: EntryPorts) -> None:
    """The same fan in both, and in one campaign with a message that stays."""
    other = new_campaign()
    await changed(entry_ports, 1)
    await store(entry_ports, registered(fan(1), phone(1), campaign_id=other), registered(fan(2), phone(2)))
    found = await waiting(entry_ports)
    (stays,) = [message for message in found if message.revision == 2]

    await entry_ports.outbox.settle(settled(*(message for message in found if message is not stays)))

    assert len(found) == 4
    assert await waiting(entry_ports) == [stays]


async def test_the_message_that_waits_longest_comes_first(entry_ports: EntryPorts) -> None:
    for one in (2, 0, 1):
        await store(entry_ports, registered(fan(one), phone(one), at=NOW + timedelta(minutes=one)))
    await entry_ports.entries.change(TOUR, fan(0), existing(noted("n", "0")))

    found = await waiting(entry_ports)

    assert [(message.user_id, message.revision) for message in found] == [
        (fan(0), 1),
        (fan(0), 2),
        (fan(1), 1),
        (fan(2), 1),
    ]
    assert await waiting(entry_ports, limit=3) == found[:3]
    await entry_ports.outbox.settle(settled(found[0]))
    assert [message.user_id for message in await waiting(entry_ports)] == [fan(0), fan(1), fan(2)]


async def test_each_partition_returns_its_own_messages(entry_ports: EntryPorts) -> None:
    fans = [fan(number) for number in range(40)]
    await store(entry_ports, *(registered(one, phone(number)) for number, one in enumerate(fans)))

    found: list[UserId] = []
    for partition in EVERYWHERE:
        messages = await entry_ports.outbox.pending(Channel.EVENTS, [partition], 100, NOW)
        assert {partition_of(TOUR, message.user_id) for message in messages} <= {partition}
        found += [message.user_id for message in messages]

    assert sorted(found) == fans
    assert await entry_ports.outbox.pending(Channel.EVENTS, [], 100, NOW) == []


async def test_channels_are_independent(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    (receipt,) = await waiting(entry_ports, Channel.RECEIPTS)
    (event,) = await waiting(entry_ports)

    await entry_ports.outbox.settle(settled(receipt, channel=Channel.RECEIPTS))
    assert await waiting(entry_ports) == [event]
    assert await waiting(entry_ports, Channel.RECEIPTS) == []

    await entry_ports.outbox.settle(settled(event))
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "1")))
    assert await waiting(entry_ports, Channel.RECEIPTS) == []


async def test_a_message_put_off_holds_up_its_entry_and_no_other(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(2), phone(2), at=NOW + timedelta(seconds=1)))
    await changed(entry_ports, 1)
    refused, behind, other = await waiting(entry_ports)

    await entry_ports.outbox.settle(settled(postponed=[put_off(refused, timedelta(seconds=9))]))
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "later")))

    before, after = NOW + timedelta(seconds=9) - TICK, NOW + timedelta(seconds=9)
    assert await entry_ports.outbox.pending(Channel.EVENTS, EVERYWHERE, 10, before) == [other]
    again = await entry_ports.outbox.pending(Channel.EVENTS, EVERYWHERE, 10, after)
    assert [(one.user_id, one.revision) for one in again if one.user_id == fan(1)] == [
        (fan(1), revision) for revision in (1, 2, 3)
    ]
    first = next(one for one in again if one.id == refused.id)
    assert (first.attempts, first.retry_at) == (1, after)
    assert behind in again


async def test_a_receipt_put_off_holds_up_no_event(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    (receipt,) = await waiting(entry_ports, Channel.RECEIPTS)

    postponed = put_off(receipt, timedelta(hours=1))
    await entry_ports.outbox.settle(settled(postponed=[postponed], channel=Channel.RECEIPTS))

    assert len(await entry_ports.outbox.pending(Channel.EVENTS, EVERYWHERE, 10, NOW)) == 1
    assert await entry_ports.outbox.pending(Channel.RECEIPTS, EVERYWHERE, 10, NOW) == []


async def test_a_parked_message_holds_up_nothing_and_comes_back_first(entry_ports: EntryPorts) -> None:
    await changed(entry_ports, 3)
    first, second, third, fourth = await waiting(entry_ports)

    await entry_ports.outbox.settle(settled(first, parked=[park(second), park(third)]))
    assert await waiting(entry_ports) == [fourth]
    assert await entry_ports.outbox.parked(None, 10) == sorted([park(second), park(third)], key=by_id)
    assert await entry_ports.outbox.parked(TOUR, 1) == sorted([park(second), park(third)], key=by_id)[:1]
    assert await entry_ports.outbox.parked(new_campaign(), 10) == []

    assert await entry_ports.outbox.put_back([third.id, "unknown"]) == [third.id]
    assert await waiting(entry_ports) == [third, fourth]
    assert await entry_ports.outbox.put_back(None) == [second.id]
    assert await waiting(entry_ports) == [second, third, fourth], "with no attempt counted"
    assert await entry_ports.outbox.parked(None, 10) == []
    assert await entry_ports.outbox.put_back(None) == []


@pytest.mark.parametrize("one_by_one", [False, True], ids=["all at once", "by id"])
@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
async def test_messages_of_an_entry_are_put_back_in_their_order(
    entry_ports: EntryPorts, order: tuple[int, ...], one_by_one: bool
) -> None:
    """For any order in which they were parked and are put back."""
    await changed(entry_ports, 4)
    messages = await waiting(entry_ports)
    parked = [messages[position] for position in order]
    for message in parked:
        await entry_ports.outbox.settle(settled(parked=[park(message)]))

    for ids in [[message.id] for message in parked] if one_by_one else [None]:
        await entry_ports.outbox.put_back(ids)

    assert await waiting(entry_ports) == messages


async def test_putting_back_a_message_that_still_waits_does_not_duplicate_it(entry_ports: EntryPorts) -> None:
    """A worker died after it had parked a message and before it had removed it from those that wait."""
    await changed(entry_ports, 1)
    first, second = await waiting(entry_ports)
    await entry_ports.outbox.settle(settled(parked=[park(first)]))
    await entry_ports.outbox.put_back([first.id])
    await entry_ports.outbox.settle(settled(postponed=[put_off(first, timedelta(hours=1))]))
    await entry_ports.outbox.settle(settled(parked=[park(replace(first, id="another"))]))

    assert await entry_ports.outbox.put_back(None) == ["another"]

    assert [one.id for one in await waiting(entry_ports)] == ["another", first.id, second.id]


async def test_the_backlog_of_the_relay(entry_ports: EntryPorts) -> None:
    assert await entry_ports.outbox.standing() == Standing(oldest_event=None, waiting=0, parked=0)
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True, at=NOW + timedelta(seconds=5)))
    await changed(entry_ports, 2, number=2)
    event = (await waiting(entry_ports))[0]
    assert await entry_ports.outbox.standing() == Standing(oldest_event=NOW, waiting=2, parked=0)

    await entry_ports.outbox.settle(settled(parked=[park(event)]))
    await entry_ports.outbox.settle(settled(*await waiting(entry_ports)))

    assert await entry_ports.outbox.standing() == Standing(oldest_event=None, waiting=0, parked=1)


async def test_an_outbox_that_is_never_emptied_takes_no_more(entry_ports: EntryPorts) -> None:
    """No event may be lost, and no entry may outgrow what is stored as one."""
    await store(entry_ports, registered(fan(1), phone(1)), registered(fan(2), phone(2)))
    large = existing(noted("n", "x" * 100_000))
    for _ in range(9):
        await entry_ports.entries.change(TOUR, fan(1), large)
    before = await entry_ports.entries.get(TOUR, fan(1))

    with pytest.raises(Unavailable):
        await entry_ports.entries.change(TOUR, fan(1), large)
    held_up = await entry_ports.entries.change_many(TOUR, [fan(1), fan(2)], noted("n", "x" * 100_001))
    assert set(held_up) == {fan(1)}
    other = await entry_ports.entries.get(TOUR, fan(2))
    assert other is not None
    assert other.revision == 2
    assert await entry_ports.entries.get(TOUR, fan(1)) == before
    assert len(await waiting(entry_ports)) == 10 + 2

    await entry_ports.outbox.settle(settled((await waiting(entry_ports))[0]))
    await entry_ports.entries.change(TOUR, fan(1), large)


async def test_nothing_private_shows_in_a_message(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), PhoneNumber("+46701234567")))

    assert "+46701234567" not in repr(await waiting(entry_ports))


def by_id(parked: Parked) -> str:
    return parked.message.id


async def test_pages_of_parked_messages_follow_each_other(entry_ports: EntryPorts) -> None:
    """Three are parked at the same time; one is parked while the pages are read."""
    await changed(entry_ports, 4)
    messages = await waiting(entry_ports)
    times = [NOW, NOW, NOW, NOW - TICK, NOW + TICK]
    parked = [park(message, since) for message, since in zip(messages, times, strict=True)]
    await entry_ports.outbox.settle(settled(parked=parked))
    ordered = sorted(parked, key=ParkedPosition.of)

    for campaign in (TOUR, None):
        read: list[Parked] = []
        after: ParkedPosition | None = None
        while page := await entry_ports.outbox.parked(campaign, 2, after=after):
            read += page
            after = ParkedPosition.of(page[-1])
        assert read == ordered


async def test_the_messages_of_an_entry_are_told_apart_without_their_content(entry_ports: EntryPorts) -> None:
    await changed(entry_ports, 2)
    await changed(entry_ports, 1, number=2)
    first, second, third, *others = await waiting(entry_ports)
    assert [one.user_id for one in (first, second, third)] == [fan(1)] * 3
    later = put_off(third, timedelta(minutes=5))
    await entry_ports.outbox.settle(settled(parked=[park(first), park(others[0])], postponed=[later]))

    found = await entry_ports.outbox.of_entry(TOUR, fan(1))

    assert [(one.id, one.data) for one in found.waiting] == [(second.id, None), (third.id, None)]
    assert [(one.attempts, one.retry_at) for one in found.waiting] == [(0, None), (1, later.until)]
    assert [one.message.id for one in found.parked] == [first.id]
    nothing = await entry_ports.outbox.of_entry(TOUR, fan(9))
    assert (list(nothing.waiting), list(nothing.parked)) == ([], [])
