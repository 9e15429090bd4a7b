"""What every store of registrations promises of telephones that can be spelled in two ways."""

import asyncio
from dataclasses import replace

import pytest

from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.phones import Failure, PhoneNumber, PhoneRecord, SendLimits
from tests.contracts.registrations.entry_stores import (
    NOW,
    TOUR,
    EntryPorts,
    existing,
    fan,
    phone,
    refusals,
    registered,
    store,
    tried_to_confirm,
    tried_to_create,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

WITH_9, WITHOUT = PhoneNumber("+5491123456700"), PhoneNumber("+541123456700")
RACERS = 40


@pytest.mark.parametrize("confirmed_at_once", [False, True])
async def test_one_telephone_one_fan_however_it_is_spelled(
    entry_ports: EntryPorts, confirmed_at_once: bool
) -> None:
    """REQ-002: forty fans confirm, or register with, two spellings of one telephone in the same instant."""
    entries = [
        registered(fan(one), WITHOUT if one % 2 else WITH_9, confirmed=confirmed_at_once) for one in range(RACERS)
    ]
    if confirmed_at_once:
        outcome = await asyncio.gather(*(tried_to_create(entry_ports, entry) for entry in entries))
    else:
        await store(entry_ports, *entries)
        outcome = await asyncio.gather(*(tried_to_confirm(entry_ports, entry) for entry in entries))

    winners = [one for one in outcome if isinstance(one, Entry)]
    assert refusals(outcome) == [PhoneUnavailable] * (RACERS - 1)
    for spelling in (WITH_9, WITHOUT):
        assert await entry_ports.entries.confirmed_owner(TOUR, spelling) == winners[0].user_id


async def _revised(ports: EntryPorts, number: PhoneNumber) -> Entry:
    def revise(entry: Entry) -> Entry:
        return entry.revise(replace(entry.details, phone=number)).with_event(EntryEvent.UPDATED, NOW)

    return await ports.entries.change(TOUR, fan(1), existing(revise))


async def test_another_spelling_of_a_confirmed_telephone_stays_confirmed(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), WITHOUT, confirmed=True))

    entry = await _revised(entry_ports, WITH_9)

    assert (entry.confirmed, entry.details.phone) == (True, WITH_9)
    taken = await tried_to_create(entry_ports, registered(fan(2), WITHOUT, confirmed=True))
    assert refusals([taken]) == [PhoneUnavailable]


async def test_another_telephone_frees_both_spellings(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), WITHOUT, confirmed=True))

    entry = await _revised(entry_ports, phone(1))

    assert not entry.confirmed
    assert await entry_ports.entries.confirmed_owner(TOUR, WITH_9) is None
    await store(entry_ports, registered(fan(2), WITH_9, confirmed=True))
    assert await entry_ports.entries.confirmed_owner(TOUR, WITHOUT) == fan(2)


async def test_another_spelling_of_a_telephone_that_waits_is_sent_a_code_of_its_own(
    entry_ports: EntryPorts,
) -> None:
    await store(entry_ports, registered(fan(1), WITHOUT))

    entry = await _revised(entry_ports, WITH_9)

    assert (entry.details.phone, entry.verification) == (WITH_9, None)


async def test_sends_and_failures_are_of_the_telephone(entry_ports: EntryPorts) -> None:
    book, limits = entry_ports.phone_book, SendLimits(per_hour=2, per_day=9)
    taken = [await book.take_send(number, limits, NOW) for number in (WITH_9, WITHOUT, WITH_9)]
    failed = PhoneRecord(failures=(Failure(by=fan(1), at=NOW),))

    await book.change(TOUR, WITHOUT, lambda _: failed)

    assert [free_at is None for free_at in taken] == [True, True, False]
    assert await book.record(TOUR, WITH_9) == failed
