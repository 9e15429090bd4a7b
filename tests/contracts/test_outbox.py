"""What every Outbox promises."""

from datetime import timedelta

from domain.model.entries import Details, Entry, EntryEvent, Errand, Selection
from domain.model.events import UNKNOWN_ORIGIN, Origin, StoredMessage, message_data
from domain.model.phones import PhoneNumber
from domain.model.scoring import ScoreRecord
from tests.contracts.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    existing,
    fan,
    noted,
    phone,
    registered,
    store,
)

pytest_plugins = ["tests.contracts.entry_fixtures"]


async def test_messages_wait_with_what_the_change_made(entry_ports: EntryPorts) -> None:
    """REQ-010: the event is stored with the state it tells of."""
    entry = Entry.register(TOUR, fan(1), Details(phone=phone(1), markets=MARKETS[:2]), NOW).confirm(NOW)
    entry = entry.told(EntryEvent.CREATED, NOW, Errand.RETRY_FANSCORE)
    await store(entry_ports, entry)

    created, retry, receipt = await entry_ports.outbox.pending(10)

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
    assert (retry.about, retry.data) == (Errand.RETRY_FANSCORE, None)
    assert (receipt.about, receipt.data) == (Errand.SEND_RECEIPT, None)


async def test_messages_say_which_request_left_them(entry_ports: EntryPorts) -> None:
    """However the change was made: alone, in a batch, or with scores."""
    traced = Origin(request_id="r-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    entry_ports.asking.now = traced
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    entry_ports.asking.now = Origin(request_id="r-2")
    await entry_ports.entries.change_many(TOUR, [fan(1)], noted("n", "1"))
    entry_ports.asking.now = Origin(request_id="r-3")
    selected = ScoreRecord(user_id=fan(1), score=9, selection=Selection.SELECTED)
    await entry_ports.scores.put(TOUR, [selected], NOW)
    entry_ports.asking.now = UNKNOWN_ORIGIN
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "2")))

    waiting = [one for one in await entry_ports.outbox.pending(10) if isinstance(one.about, EntryEvent)]

    expected = [traced, Origin(request_id="r-2"), Origin(request_id="r-3"), UNKNOWN_ORIGIN]
    assert [message.origin for message in waiting] == expected


async def test_what_is_done_waits_no_more(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    for one in range(3):
        await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", str(one))))
    first, second, *rest = await entry_ports.outbox.pending(10)

    await entry_ports.outbox.done([second])
    assert await entry_ports.outbox.pending(10) == [first, *rest]
    await entry_ports.outbox.done([first, second])
    assert await entry_ports.outbox.pending(10) == rest
    await entry_ports.outbox.done(rest)
    await entry_ports.outbox.done([])

    assert await entry_ports.outbox.pending(10) == []
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "last")))
    assert [message.revision for message in await entry_ports.outbox.pending(10)] == [5]


async def test_who_waits_longest_comes_first(entry_ports: EntryPorts) -> None:
    for one in (2, 0, 1):
        await store(entry_ports, registered(fan(one), phone(one), at=NOW + timedelta(minutes=one)))
    await entry_ports.entries.change(TOUR, fan(0), existing(noted("n", "0")))

    waiting = await entry_ports.outbox.pending(10)

    assert [(message.user_id, message.revision) for message in waiting] == [
        (fan(0), 1),
        (fan(0), 2),
        (fan(1), 1),
        (fan(2), 1),
    ]
    assert await entry_ports.outbox.pending(3) == waiting[:3]
    await entry_ports.outbox.done(waiting[:1])
    assert [message.user_id for message in await entry_ports.outbox.pending(10)] == [fan(0), fan(1), fan(2)]


async def test_nothing_private_shows_in_a_message(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), PhoneNumber("+46701234567")))

    assert "+46701234567" not in repr(await entry_ports.outbox.pending(10))
