"""What every EntryStore promises to simultaneous callers."""

import asyncio

import pytest

from domain.model.messaging.messages import message_data
from domain.model.messaging.relaying import Channel
from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import PhoneUnavailable
from tests.contracts.registrations.entry_stores import (
    TOUR,
    WRONG,
    EntryPorts,
    challenge_sent,
    existing,
    fan,
    noted,
    phone,
    refusals,
    registered,
    store,
    tried_to_confirm,
    tried_to_create,
    waiting,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

RACERS = 50


@pytest.mark.parametrize("confirmed_at_once", [False, True])
async def test_one_number_one_fan(entry_ports: EntryPorts, confirmed_at_once: bool) -> None:
    """REQ-002: fifty fans confirm, or register with, the same number in the same instant."""
    entries = [registered(fan(one), phone(1), confirmed=confirmed_at_once) for one in range(RACERS)]
    if confirmed_at_once:
        outcome = await asyncio.gather(*(tried_to_create(entry_ports, entry) for entry in entries))
    else:
        await store(entry_ports, *entries)
        outcome = await asyncio.gather(*(tried_to_confirm(entry_ports, entry) for entry in entries))

    winners = [one for one in outcome if isinstance(one, Entry)]
    assert refusals(outcome) == [PhoneUnavailable] * (RACERS - 1)
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == winners[0].user_id
    counts = await entry_ports.queries.count(TOUR, [])
    assert [counts.by_status[status] for status in counts.by_status] == (
        [0, 1] if confirmed_at_once else [RACERS - 1, 1]
    )


async def test_changes_at_once_are_all_made(entry_ports: EntryPorts) -> None:
    """Revisions without gap, one event each, in order."""
    await store(entry_ports, registered(fan(1), phone(1)))

    changes = [existing(noted(f"n{one}", "x")) for one in range(20)]
    await asyncio.gather(*(entry_ports.entries.change(TOUR, fan(1), change) for change in changes))

    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    assert set(entry.details.attributes) == {f"n{one}" for one in range(20)}
    assert entry.revision == 21
    messages = await waiting(entry_ports)
    assert [message.revision for message in messages] == list(range(1, 22))
    assert messages[-1].data == message_data(EntryEvent.UPDATED, entry)


async def test_registering_twice_at_once_makes_one_entry(entry_ports: EntryPorts) -> None:
    def register_or_revise(entry: Entry | None) -> Entry:
        return registered(fan(1), phone(1)) if entry is None else noted("again", str(entry.revision))(entry)

    await asyncio.gather(*(entry_ports.entries.change(TOUR, fan(1), register_or_revise) for _ in range(10)))

    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    assert entry.revision == 10
    about = [message.about for message in await waiting(entry_ports)]
    assert about == [EntryEvent.CREATED] + [EntryEvent.UPDATED] * 9


async def test_many_changes_of_many_at_once_are_all_made(entry_ports: EntryPorts) -> None:
    """Each exactly once: a repeated change would be visible."""
    everyone = [fan(one) for one in range(30)]
    await store(entry_ports, *(registered(fan(one), phone(one), confirmed=True) for one in range(30)))

    def one_more(entry: Entry) -> Entry:
        return noted("times", str(int(entry.details.attributes.get("times", "0")) + 1))(entry)

    await asyncio.gather(
        *(entry_ports.entries.change_many(TOUR, everyone, one_more) for _ in range(4)),
        *(entry_ports.entries.change(TOUR, user_id, existing(one_more)) for user_id in everyone),
    )

    for user_id in everyone:
        entry = await entry_ports.entries.get(TOUR, user_id)
        assert entry is not None
        assert (entry.details.attributes["times"], entry.revision) == ("5", 6)
    assert len(await waiting(entry_ports)) == 30 * 6
    assert len(await waiting(entry_ports, Channel.RECEIPTS)) == 30, "of the fans who were confirmed at the start"


async def test_guessing_at_once_gains_nothing(entry_ports: EntryPorts) -> None:
    challenge = await challenge_sent(entry_ports)

    attempts = await asyncio.gather(
        *(entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, WRONG) for _ in range(200))
    )

    counted = [one.attempts for one in attempts if one is not None]
    assert sorted(counted) == list(range(1, MAX_ATTEMPTS + 1))


async def test_the_right_answer_is_right_however_often_it_is_sent_at_once(entry_ports: EntryPorts) -> None:
    """A double click is no guess. Wrong guesses that arrive before the right answer are counted as usual."""
    challenge = await challenge_sent(entry_ports)
    hashes = [WRONG] * (MAX_ATTEMPTS - 1) + [challenge.code_hash] * 20

    attempts = [await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, one) for one in hashes]
    at_once = await asyncio.gather(
        *(entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, challenge.code_hash) for _ in range(20))
    )

    assert [one.answered for one in [*attempts, *at_once] if one] == [False] * (MAX_ATTEMPTS - 1) + [True] * 40


async def test_no_change_takes_an_attempt_back(entry_ports: EntryPorts) -> None:
    challenge = await challenge_sent(entry_ports)

    attempts, _ = await asyncio.gather(
        asyncio.gather(*(entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, WRONG) for _ in range(20))),
        asyncio.gather(
            *(entry_ports.entries.change(TOUR, fan(1), existing(noted(f"n{one}", "x"))) for one in range(20))
        ),
    )

    assert len([one for one in attempts if one is not None]) == MAX_ATTEMPTS
    assert await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, WRONG) is None


async def test_an_entry_that_changed_since_it_was_read_is_decided_anew(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    read = await entry_ports.entries.get(TOUR, fan(1))
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("first", "x")))

    changed = await entry_ports.entries.change(TOUR, fan(1), existing(noted("second", "x")), read=read)

    assert set(changed.details.attributes) == {"first", "second"}
    assert changed.revision == 3
    assert changed == await entry_ports.entries.get(TOUR, fan(1))
    assert [message.revision for message in await waiting(entry_ports)] == [1, 2, 3]


async def test_an_entry_as_it_was_read_is_changed(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    read = await entry_ports.entries.get(TOUR, fan(1))

    changed = await entry_ports.entries.change(TOUR, fan(1), existing(noted("only", "x")), read=read)

    assert changed == await entry_ports.entries.get(TOUR, fan(1))
    assert changed.revision == 2


async def test_an_outdated_entry_decides_nothing(entry_ports: EntryPorts) -> None:
    """Neither a refusal, nor that there is nothing to change."""
    await store(entry_ports, registered(fan(1), phone(1)))
    read = await entry_ports.entries.get(TOUR, fan(1))
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("first", "x")))

    def second_if_first(entry: Entry) -> Entry:
        if "first" not in entry.details.attributes:
            raise PhoneUnavailable
        return noted("second", "x")(entry)

    def third_if_second(entry: Entry) -> Entry:
        return noted("third", "x")(entry) if "second" in entry.details.attributes else entry

    await entry_ports.entries.change(TOUR, fan(1), existing(second_if_first), read=read)
    changed = await entry_ports.entries.change(TOUR, fan(1), existing(third_if_second), read=read)

    assert set(changed.details.attributes) == {"first", "second", "third"}


async def test_an_entry_that_was_made_since_it_was_missed_is_decided_anew(entry_ports: EntryPorts) -> None:
    def register_or_revise(entry: Entry | None) -> Entry:
        return registered(fan(1), phone(1)) if entry is None else noted("again", "x")(entry)

    await asyncio.gather(
        *(entry_ports.entries.change(TOUR, fan(1), register_or_revise, read=None) for _ in range(10))
    )

    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    about = [message.about for message in await waiting(entry_ports)]
    assert about == [EntryEvent.CREATED] + [EntryEvent.UPDATED] * (entry.revision - 1)
