"""What every store promises about the erasure of a person."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pymongo
import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.scatter import PERSON
from adapters.mongo.store import mongo_store
from domain.model.codes.code import CodeType
from domain.model.codes.reservations import Reservation
from domain.model.errors import Unavailable
from domain.model.ids import ReserveId, UserId
from domain.model.messaging.relaying import Channel, Settlement
from domain.model.privacy.people import Place
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import EntryWithdrawn
from domain.model.registrations.search import EntryFilter
from domain.usecases.audit.record_change import RecordChange
from domain.usecases.codes.audited import RESERVE
from domain.usecases.codes.reserve_codes import ReserveCodes, ReserveCodesCommand
from domain.usecases.privacy.erase_person import ErasePersonCommand
from ports.entries import NotChanged
from ports.privacy import PersonalData
from ports.stores import Stores
from ports.system import no_request
from tests.contracts.privacy.persons import (
    ANN,
    BOB,
    KEY,
    PERSONAL,
    PSEUDONYM,
    a_person,
    count,
    erase,
    erasing,
    relayed,
    settle_in,
    traces,
)
from tests.contracts.privacy.stored_text import text_of
from tests.contracts.registrations.entry_stores import EVERYWHERE, NOW, TOUR, becoming, fan, noted, phone
from tests.support.codes import MINE, ManualClock, a_batch, a_claim


async def test_a_person_is_found_everywhere_and_nothing_is_left(stores: Stores) -> None:
    await settle_in(stores, BOB, 2)
    await settle_in(stores, ANN, 1)
    others = await text_of(stores)
    assert BOB in others
    before = {place: await count(stores, place, BOB) for place in Place}

    erased = await erase(stores)

    nowhere = {Place.PUBLISHED} if isinstance(stores, MemoryStore) else set()
    assert {place for place, count in erased.found.items() if not count} == nowhere
    assert set(erased.remaining.values()) == {0}
    assert (erased.pseudonym, erased.notices) == (PSEUDONYM, 2)
    assert re.fullmatch(r"erased:[0-9a-f]{16}", erased.pseudonym)
    assert await stores.entries.get(TOUR, ANN) is None
    messages = await stores.outbox.pending(Channel.EVENTS, EVERYWHERE, 99, NOW + timedelta(days=1))
    of_ann = [message for message in messages if message.user_id == ANN]
    assert {message.about for message in of_ann} == {EntryEvent.UPDATED, EntryEvent.ERASED}
    assert not [one for one in PERSONAL[1:] for message in of_ann if one in str(message.data)]

    assert "erased" in await relayed(stores)

    left = await text_of(stores)
    assert ANN not in left
    (changed,) = (await stores.entry_search.page(TOUR, EntryFilter(user_id=fan(51)), after=None, limit=1)).entries
    assert [change.by for change in changed.history] == [PSEUDONYM, None]
    assert phone(1)[1:] not in left
    assert PSEUDONYM in left
    assert (await erase(stores)).notices == 0
    assert {place: await count(stores, place, BOB) for place in Place} == before
    assert (await stores.entries.get(TOUR, BOB)) is not None


async def test_only_the_person_is_gone(stores: Stores) -> None:
    await settle_in(stores, ANN, 1)
    await erase(stores)
    await relayed(stores)

    assert await traces(stores) == []


async def test_a_dry_run_changes_nothing(stores: Stores) -> None:
    await settle_in(stores, ANN, 1)
    before = await text_of(stores)

    erased = await erase(stores, dry_run=True)

    assert erased.found == erased.remaining
    assert erased.found[Place.ENTRIES] == 2
    assert await text_of(stores) == before


def crashing(place: PersonalData, *, after: bool) -> PersonalData:
    """It fails before or after the place is cleared."""

    async def crash(user_id: UserId, pseudonym: UserId, now: datetime) -> None:
        if after:
            await place.erase(user_id, pseudonym, now)
        raise Unavailable("store")

    return PersonalData(place.count, crash)


async def test_it_is_repeated_after_a_crash_at_any_step(stores: Stores) -> None:
    """Before and after each place."""
    await settle_in(stores, ANN, 1)
    real = stores.personal_data
    for broken in Place:
        for after in (False, True):

            async def crash(
                user_id: UserId, pseudonym: UserId, now: Any, place: Place = broken, done: bool = after
            ) -> None:
                if done:
                    await real[place].erase(user_id, pseudonym, now)
                raise Unavailable("store")

            places = {**real, broken: PersonalData(real[broken].count, crash)}
            with pytest.raises(Unavailable):
                await erasing(stores, places)(ErasePersonCommand(user_id=ANN))

    erased = await erase(stores)

    assert set(erased.remaining.values()) == {0}
    assert (await relayed(stores)).count("erased") == 2, "one for each entry, however often it was tried"
    assert await traces(stores) == []


async def test_a_worker_that_is_late_leaves_nothing_behind_the_erasure(stores: Stores) -> None:
    """It has published the events of two persons, and records that when another worker has done so, and one of the
    persons is erased."""
    for number, user_id in enumerate((ANN, BOB)):
        await stores.entries.change(TOUR, user_id, becoming(a_person(user_id, TOUR, number)))
    published = await stores.outbox.pending(Channel.EVENTS, EVERYWHERE, 99, NOW + timedelta(days=1))
    late = Settlement(channel=Channel.EVENTS, at=NOW, passed_on=published)
    await erase(stores)

    await stores.outbox.settle(late)
    assert await relayed(stores) == ["erased"]
    assert ANN not in await text_of(stores)
    await stores.outbox.settle(late)

    assert ANN not in await text_of(stores)
    assert (await erase(stores)).found[Place.PUBLISHED] == 0
    if not isinstance(stores, MemoryStore):
        assert await count(stores, Place.PUBLISHED, BOB) == 2


async def test_a_withdrawn_registration_is_erased_too(stores: Stores) -> None:
    await stores.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))
    await stores.withdrawals.withdraw(TOUR, ANN, NOW)

    erased = await erase(stores)

    assert (erased.found[Place.ENTRIES], erased.remaining[Place.ENTRIES], erased.notices) == (1, 0, 1)
    assert await relayed(stores) == ["created", "withdrawn", "erased"]
    assert await traces(stores) == []
    assert (await stores.entry_queries.count(TOUR, [])).withdrawn == 0
    assert not await stores.withdrawals.withdraw(TOUR, ANN, NOW), "there never was an entry"


async def test_a_person_registers_again_before_the_erasure_is_published(stores: Stores) -> None:
    await stores.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))
    await erase(stores)

    again = await stores.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))

    assert again.revision == 3
    assert await relayed(stores) == ["created", "erased", "created"]
    assert await stores.entries.get(TOUR, ANN) == again
    assert PSEUDONYM not in await text_of(stores), "nothing says which person the pseudonym is"


async def test_an_event_of_an_erasure_that_is_parked_is_still_published(stores: Stores) -> None:
    await stores.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))
    await erase(stores)
    await relayed(stores, park=True)
    erased = await erase(stores)

    assert (erased.found[Place.PARKED], erased.notices) == (0, 1)
    assert len(await stores.outbox.put_back(None)) == 1
    assert await relayed(stores) == ["erased"]
    assert await traces(stores) == []


async def test_a_change_under_way_does_not_make_an_erased_entry_again(database_url: str) -> None:
    """Between its reading and its writing, the entry was erased, and its document is gone."""
    async with mongo_store(database_url) as store:
        await store.migrate()
        await store.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))

        def meanwhile_gone(entry: Entry | None) -> Entry:
            if entry is None:
                raise EntryWithdrawn
            with pymongo.MongoClient[dict[str, Any]](database_url) as client:
                client.get_default_database()["entries"].delete_many({})
            return noted("n", "1")(entry)

        with pytest.raises(EntryWithdrawn):
            await store.entries.change(TOUR, ANN, meanwhile_gone)
        await store.entries.change(TOUR, ANN, becoming(a_person(ANN, TOUR, 1)))
        assert await store.entries.change_many(TOUR, [ANN], meanwhile_gone) == {ANN: NotChanged.WITHDRAWN}
        assert await store.database["entries"].count_documents({}, comment=PERSON) == 0


async def test_what_a_late_request_of_erased_staff_stored_is_counted(stores: Stores) -> None:
    """Its row of the audit log comes after its change, and may not be there yet."""
    await settle_in(stores, ANN, 1)
    await erase(stores)
    await stores.pool.add(a_batch(["LATE-1", "LATE-2"], import_id="late"))
    held = await stores.pool.claim(replace(a_claim(1, reserve_id=f"{MINE}-late"), by=ANN))

    assert await count(stores, Place.CODES, ANN) == len(held.codes)
    erased = await erase(stores)

    assert (erased.found[Place.CODES], erased.remaining[Place.CODES]) == (len(held.codes), 0)
    await relayed(stores)
    assert await traces(stores) == []


class ProcessEnded(Exception):
    """As when the process is killed: what comes after the change is not done."""


@pytest.mark.parametrize("repeats", [1, 2])
async def test_a_reservation_is_found_although_its_process_ended_before_the_row(
    stores: Stores, repeats: int
) -> None:
    """Nothing else names the caller: no import, and no row of the audit log."""
    clock = ManualClock()
    record = RecordChange(log=stores.audit, clock=clock, request=no_request, key=KEY)
    reserve = ReserveCodes(pool=stores.pool, clock=clock, ttl=timedelta(days=1))

    async def ending(command: ReserveCodesCommand) -> Reservation:
        await reserve(command)
        raise ProcessEnded

    await stores.pool.add(a_batch(["A1", "A2", "A3"], import_id="one"))
    for number in range(repeats):
        command = ReserveCodesCommand(
            campaign_id=TOUR, type=CodeType.TM, count=1, reserve_id=ReserveId(f"reserve-{number}"), by=ANN
        )
        with pytest.raises(ProcessEnded):
            await record(RESERVE, command, ending, by=ANN, campaign_id=TOUR)
    assert await count(stores, Place.AUDIT, ANN) == 0

    erased = await erase(stores)

    assert (erased.found[Place.CODES], erased.remaining[Place.CODES]) == (repeats, 0)
    assert await traces(stores) == []
    text = await text_of(stores)
    assert (ANN in text, PSEUDONYM in text) == (False, True)


async def test_callers_of_releases_without_an_audit_log_are_found_after_a_migration(database_url: str) -> None:
    """They stand in histories of codes, and in no row and no import."""
    async with mongo_store(database_url) as store:
        await store.migrate()
        imported = replace(a_batch(["A1", "A2"], import_id="one"), by=ANN)
        await store.pool.add(imported)
        await store.pool.add(a_batch(["B1", "B2"], import_id="two"))
        await store.pool.claim(replace(a_claim(1, reserve_id=f"{MINE}-1"), by=ANN))
        await store.pool.claim(replace(a_claim(1, reserve_id=f"{MINE}-2"), by=BOB))
        assert (await erase(store, dry_run=True)).found[Place.CODES] == 0
        await store.migrate()

        erased = await erase(store)

        assert erased.found[Place.CODES] >= 2
        text = await text_of(store)
        assert (ANN in text, BOB in text) == (False, True)
        await store.migrate()
        callers = [one["_id"] async for one in store.database["earlierCallers"].find()]
        assert sorted(callers) == sorted({BOB, a_batch([]).by}), "no pseudonym is a caller"
