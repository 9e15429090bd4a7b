"""The history of an entry: which changes it has, who made them, and when it ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.model.ids import UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.history import PastChange
from domain.model.registrations.scoring import ScoreRecord
from domain.model.registrations.search import EntryFilter
from tests.contracts.registrations.entry_stores import (
    NOW,
    TOUR,
    EntryPorts,
    becoming,
    existing,
    fan,
    noted,
    phone,
    registered,
    store,
    waiting,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

STAFF = UserId("member-of-staff")


async def history(ports: EntryPorts) -> Sequence[PastChange]:
    """As a list of all entries has it. A search for the fan has the same."""
    page = await ports.search.page(TOUR, EntryFilter(), after=None, limit=50)
    of_fan = await ports.search.page(TOUR, EntryFilter(user_id=fan(1)), after=None, limit=1)
    assert [one for one in page.entries if one.entry.user_id == fan(1)] == list(of_fan.entries)
    return of_fan.entries[0].history


def acting(ports: EntryPorts, by: UserId | None) -> None:
    ports.asking.say(RequestContext(request_id="r", by=by))


def selected(entry: Entry) -> Entry:
    return replace(entry, selection=Selection.SELECTED).with_event(EntryEvent.SELECTED, entry.updated_at)


async def test_each_change_is_there_with_its_caller(entry_ports: EntryPorts) -> None:
    acting(entry_ports, fan(1))
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    acting(entry_ports, STAFF)
    await entry_ports.entries.change_many(TOUR, [fan(1)], selected)
    acting(entry_ports, None)
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("by", "a background task")))

    assert [(one.event, one.by, one.revision) for one in await history(entry_ports)] == [
        (EntryEvent.CREATED, fan(1), 1),
        (EntryEvent.SELECTED, STAFF, 2),
        (EntryEvent.UPDATED, None, 3),
    ]
    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    assert [one.at for one in await history(entry_ports)] == [NOW, NOW, entry.updated_at]


async def test_an_uploaded_score_that_selects_is_a_change(entry_ports: EntryPorts) -> None:
    """A score alone raises no revision and leaves no event."""
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    acting(entry_ports, STAFF)
    record = ScoreRecord(user_id=fan(1), score=90)
    await entry_ports.scores.put(TOUR, [record], NOW, upload="one")
    assert len(await history(entry_ports)) == 1

    await entry_ports.scores.put(TOUR, [replace(record, selection=Selection.SELECTED)], NOW, upload="two")

    assert [(one.event, one.by) for one in await history(entry_ports)][1:] == [(EntryEvent.SELECTED, STAFF)]


async def test_a_change_that_is_not_stored_is_not_there(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)), registered(fan(2), phone(1), confirmed=True))
    before = await history(entry_ports)

    def confirm(entry: Entry) -> Entry:
        return entry.confirm(NOW).with_event(EntryEvent.PHONE_CONFIRMED, NOW)

    with pytest.raises(PhoneUnavailable):
        await entry_ports.entries.change(TOUR, fan(1), existing(confirm))
    await entry_ports.entries.change(TOUR, fan(1), existing(lambda entry: entry))

    assert await history(entry_ports) == before


async def test_the_last_hundred_changes_are_kept(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    for number in range(2, 151):
        await entry_ports.entries.change(TOUR, fan(1), existing(noted("number", str(number))))

    assert [one.revision for one in await history(entry_ports)] == list(range(51, 151))


async def test_changes_at_once_are_each_there_once(entry_peers: tuple[EntryPorts, EntryPorts]) -> None:
    await store(entry_peers[0], registered(fan(1), phone(1)))

    async def change(number: int) -> None:
        ports = entry_peers[number % 2]
        acting(ports, UserId(f"staff-{number}"))
        if number % 3:
            await ports.entries.change(TOUR, fan(1), existing(noted("number", str(number))))
        else:
            await ports.entries.change_many(TOUR, [fan(1)], noted("number", str(number)))

    await asyncio.gather(*(asyncio.create_task(change(number)) for number in range(30)))

    recorded = await history(entry_peers[0])
    assert [one.revision for one in recorded] == list(range(1, 32))
    assert {one.by for one in recorded[1:]} == {f"staff-{number}" for number in range(30)}


async def test_a_withdrawal_ends_it_and_a_new_registration_begins_anew(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    acting(entry_ports, STAFF)
    await entry_ports.entries.change_many(TOUR, [fan(1)], selected)
    await entry_ports.withdrawals.withdraw(TOUR, fan(1), NOW)

    assert not (await entry_ports.search.page(TOUR, EntryFilter(user_id=fan(1)), after=None, limit=1)).entries
    acting(entry_ports, fan(1))
    again = registered(fan(1), phone(1))
    await entry_ports.entries.change(TOUR, fan(1), lambda entry: entry or again)
    assert [(one.event, one.by, one.revision) for one in await history(entry_ports)] == [
        (EntryEvent.CREATED, fan(1), 4)
    ]


async def test_messages_do_not_name_the_caller(entry_ports: EntryPorts) -> None:
    acting(entry_ports, STAFF)
    await entry_ports.entries.change(TOUR, fan(1), becoming(registered(fan(1), phone(1))))
    await entry_ports.withdrawals.withdraw(TOUR, fan(1), NOW)

    assert STAFF not in repr(await waiting(entry_ports))
