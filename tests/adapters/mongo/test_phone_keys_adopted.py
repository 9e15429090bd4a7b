"""Telephones that version 0.1 stored, before its processes have ended and after."""

import asyncio
import re
from typing import Any

import pytest
from pymongo.database import Database

from adapters.mongo.entries import phone_keys
from adapters.mongo.entries.phone_keys import Adopted
from adapters.mongo.indexes import Migration
from adapters.mongo.store import MongoStore
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.search import EntryFilter
from tests.contracts.registrations.entry_stores import NOW, TOUR, becoming, existing, fan, noted, phone, registered
from tests.contracts.registrations.test_telephones import WITH_9, WITHOUT
from tests.support.shard_keys import record_all

Documents = Database[dict[str, Any]]
FORGET: dict[str, Any] = {"$unset": {"phoneKey": ""}}


async def put(store: MongoStore, database: Documents, *entries: Entry) -> None:
    """As version 0.1 stores them."""
    for entry in entries:
        await store.entries.change(TOUR, entry.user_id, becoming(entry))
        database["entries"].update_many({}, FORGET)


def keys(database: Documents) -> dict[str, str | None]:
    return {document["userId"]: document.get("phoneKey") for document in database["entries"].find()}


async def test_confirmed_telephones_get_their_keys_once(store: MongoStore, database: Documents) -> None:
    entries = [registered(fan(one), phone(one), confirmed=one != 3) for one in range(2, 7)]
    await put(store, database, registered(fan(1), WITHOUT, confirmed=True), *entries)

    assert await store.adopt_phones() == Adopted(entries=5)
    assert await store.adopt_phones() == Adopted()
    assert keys(database) == {fan(1): WITH_9, **{fan(one): phone(one) for one in (2, 4, 5, 6)}, fan(3): None}
    with pytest.raises(PhoneUnavailable):
        await store.entries.change(TOUR, fan(7), becoming(registered(fan(7), WITH_9, confirmed=True)))


async def test_two_fans_who_confirmed_one_telephone_stay_as_they_are(
    store: MongoStore, database: Documents
) -> None:
    both = [registered(fan(1), WITH_9, confirmed=True), registered(fan(2), WITHOUT, confirmed=True)]
    await put(store, database, *both)

    for entries in (1, 0):
        assert await store.adopt_phones() == Adopted(entries=entries, doubles=1)
    for one, spelling in ((1, WITH_9), (2, WITHOUT)):
        entry = await store.entries.change(TOUR, fan(one), existing(noted("seat", "A")))
        assert (entry.confirmed, entry.details.attributes) == (True, {"seat": "A"})
        assert await store.entries.confirmed_owner(TOUR, spelling) == fan(one)
    assert await store.entries.change_many(TOUR, [fan(1), fan(2)], noted("seat", "B")) == {}
    with pytest.raises(PhoneUnavailable):
        await store.entries.change(TOUR, fan(3), becoming(registered(fan(3), WITHOUT, confirmed=True)))


async def test_a_phone_that_an_old_process_confirms_after_the_migration_is_found_by_its_number(
    store: MongoStore, database: Documents
) -> None:
    await put(
        store, database, registered(fan(1), WITH_9, confirmed=True), registered(fan(2), phone(2), confirmed=True)
    )

    assert await store.entries.confirmed_owner(TOUR, WITHOUT) == fan(1)
    assert await store.entries.confirmed_owner(TOUR, phone(2)) == fan(2)


async def test_a_phone_that_an_old_process_changed_gets_its_own_key(
    store: MongoStore, database: Documents
) -> None:
    await store.entries.change(TOUR, fan(1), becoming(registered(fan(1), WITH_9, confirmed=True)))
    await store.entries.change(TOUR, fan(2), becoming(registered(fan(2), phone(2), confirmed=True)))
    database["entries"].update_one({"userId": fan(1)}, {"$set": {"phone": phone(1)}})
    database["entries"].update_one({"userId": fan(2)}, {"$set": {"status": "pending_confirmation"}})

    assert await store.adopt_phones() == Adopted(entries=2)
    assert keys(database) == {fan(1): phone(1), fan(2): None}


async def test_a_confirmation_that_ends_takes_the_key_along(store: MongoStore, database: Documents) -> None:
    """An old process would confirm the next phone under it."""
    await store.entries.change(TOUR, fan(1), becoming(registered(fan(1), WITH_9, confirmed=True)))

    def free(entry: Entry) -> Entry:
        return entry.free_phone(NOW).with_event(EntryEvent.UPDATED, NOW)

    await store.entries.change(TOUR, fan(1), existing(free))

    assert keys(database) == {fan(1): None}


async def test_telephones_stored_while_there_was_no_index_do_not_end_the_migration(
    store: MongoStore, database: Documents
) -> None:
    database["entries"].drop_index("confirmedTelephone")
    for one, spelling in ((1, WITH_9), (2, WITHOUT)):
        await store.entries.change(TOUR, fan(one), becoming(registered(fan(one), spelling, confirmed=True)))

    assert await store.migrate() == Migration(built=["confirmedTelephone"])
    assert await store.adopt_phones() == Adopted(doubles=1)


async def test_more_than_one_batch_is_adopted(store: MongoStore, database: Documents) -> None:
    many = phone_keys.AT_ONCE + 5
    await store.entries.change(TOUR, fan(0), becoming(registered(fan(0), phone(0), confirmed=True)))
    template = database["entries"].find_one_and_delete({}) or {}
    del template["phoneKey"]
    database["entries"].insert_many(
        [template | {"_id": f"{TOUR}/{fan(one)}", "userId": fan(one), "phone": phone(one)} for one in range(many)]
    )

    assert await store.adopt_phones() == Adopted(entries=many)
    assert keys(database) == {fan(one): phone(one) for one in range(many)}


async def test_owners_are_found_by_indexes(store: MongoStore, database: Documents) -> None:
    await store.entries.change(TOUR, fan(1), becoming(registered(fan(1), WITH_9, confirmed=True)))
    record_all(database)

    assert await store.entries.confirmed_owner(TOUR, WITHOUT) == fan(1)

    (seen,) = database["system.profile"].find({"op": "query", "ns": f"{database.name}.entries"})
    assert "COLLSCAN" not in seen["planSummary"]
    assert seen["docsExamined"] <= 2


async def test_entries_of_earlier_releases_can_be_searched_after_a_migration(
    store: MongoStore, database: Documents
) -> None:
    confirmed, pending, gone = (registered(fan(one), phone(one), confirmed=one == 1) for one in (1, 2, 3))
    await put(store, database, confirmed, pending, gone)
    await store.withdrawals.withdraw(TOUR, gone.user_id, NOW)
    entries = database["entries"]
    stored = {one["_id"]: one.get("searchKeys") for one in entries.find()}
    entries.update_one({"userId": fan(1)}, {"$unset": {"searchKeys": ""}})
    entries.update_one({"userId": fan(2)}, {"$set": {"searchKeys": ["phone:of another"]}})

    await store.adopt_phones()
    await store.adopt_phones()

    assert {one["_id"]: one.get("searchKeys") for one in entries.find()} == stored
    assert sum(keys is None for keys in stored.values()) == 1
    page = await store.entry_search.page(TOUR, EntryFilter(phone=phone(2)), after=None, limit=5)
    assert [one.entry.user_id for one in page.entries] == [fan(2)]


async def test_entries_of_earlier_releases_have_their_choice_of_markets_after_a_migration(
    store: MongoStore, database: Documents
) -> None:
    """It is right also where a process of an earlier release changed the markets alone."""
    entries = [registered(fan(one), phone(one)) for one in (1, 2, 3)]
    await put(store, database, *entries)
    await store.withdrawals.withdraw(TOUR, fan(3), NOW)
    stored = {one["_id"]: one.get("choice") for one in database["entries"].find()}
    database["entries"].update_one({"userId": fan(1)}, {"$unset": {"choice": ""}})
    database["entries"].update_one({"userId": fan(2)}, {"$set": {"choice": "lax"}})

    await store.adopt_phones()
    await store.adopt_phones()

    assert {one["_id"]: one.get("choice") for one in database["entries"].find()} == stored
    assert list(stored.values()).count(None) == 1


async def test_an_entry_that_a_process_of_0_1_has_changed_is_not_found_by_its_former_phone(
    store: MongoStore, database: Documents
) -> None:
    await put(store, database, registered(fan(1), phone(1)))
    database["entries"].update_one({}, {"$set": {"phone": phone(2)}})

    page = await store.entry_search.page(TOUR, EntryFilter(phone=phone(1)), after=None, limit=5)

    assert list(page.entries) == []


def ballots(database: Documents) -> dict[str, str | None]:
    return {document["userId"]: document.get("ballotId") for document in database["entries"].find()}


async def test_entries_of_earlier_releases_get_one_ballot_each_once(
    store: MongoStore, database: Documents
) -> None:
    await put(store, database, *(registered(fan(one), phone(one)) for one in range(4)))
    await store.withdrawals.withdraw(TOUR, fan(3), NOW)
    kept = ballots(database)[fan(0)]
    database["entries"].update_many({"userId": {"$ne": fan(0)}}, {"$unset": {"ballotId": ""}})

    assert (await store.adopt_phones()).ballots == 2
    given = ballots(database)
    assert (await store.adopt_phones()).ballots == 0

    assert ballots(database) == given
    assert (given[fan(0)], given[fan(3)]) == (kept, None)
    assert all(re.fullmatch("[0-9a-f]{32}", given[fan(one)] or "") for one in (1, 2))
    assert given[fan(1)] != given[fan(2)]


async def test_a_change_that_read_an_entry_before_it_had_a_ballot_keeps_the_ballot(
    store: MongoStore, database: Documents
) -> None:
    await put(store, database, registered(fan(1), phone(1)))
    database["entries"].update_one({}, {"$unset": {"ballotId": ""}})
    read = await store.entries.get(TOUR, fan(1))
    await store.adopt_phones()
    given = ballots(database)[fan(1)]

    await store.entries.change(TOUR, fan(1), existing(noted("seat", "A")), read=read)

    assert read is not None
    assert (read.ballot_id, ballots(database)) == (None, {fan(1): given})


async def test_two_migrations_at_once_give_one_ballot(store: MongoStore, database: Documents) -> None:
    await put(store, database, *(registered(fan(one), phone(one)) for one in range(50)))
    database["entries"].update_many({}, {"$unset": {"ballotId": ""}})

    both = await asyncio.gather(store.adopt_phones(), store.adopt_phones())

    assert sum(one.ballots for one in both) == 50
    assert len(set(ballots(database).values())) == 50
