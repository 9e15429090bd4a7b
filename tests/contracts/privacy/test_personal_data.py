"""What every store promises about what it holds of persons."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pymongo
import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.scatter import PERSON
from adapters.mongo.store import mongo_store
from domain.model.audit.records import AuditRecord, Facts, new_audit_id
from domain.model.codes.code import Code, Refusal
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext
from domain.model.messaging.relaying import Channel, Parked, Settlement
from domain.model.privacy.people import Place, pseudonym_of
from domain.model.registrations.budgets import FanLimits, FanUsage, number_digest
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent
from domain.model.registrations.errors import EntryWithdrawn
from domain.model.registrations.phones import SendLimits
from domain.model.registrations.scoring import ScoreRecord
from domain.model.registrations.search import EntryFilter
from domain.usecases.draws.list_own_draws import ListOwnDraws
from domain.usecases.privacy.erase_person import Erased, ErasePerson, ErasePersonCommand
from domain.usecases.privacy.export_person import ROWS_AT_ONCE, ExportPerson
from ports.entries import NotChanged
from ports.privacy import PersonalData
from ports.stores import Stores
from ports.system import RateLimit, current_request, set_current_request
from tests.contracts.privacy.stored_text import text_of
from tests.contracts.registrations.entry_stores import (
    EVERYWHERE,
    NOW,
    TOUR,
    becoming,
    existing,
    fan,
    noted,
    phone,
    registered,
)
from tests.support.codes import MINE, NOON, ManualClock, a_batch, a_claim, an_import

ANN, BOB = UserId("ann.$e/x"), UserId("bob")
"""The first looks like part of an expression, of a key and of a pattern."""
OTHER = CampaignId("other")
KEY = b"the key of the tests"
LATER = NOW + timedelta(minutes=1)
PERSONAL = (ANN, "fan@example.com", "Annabel", "rare-value", phone(1)[1:])
PSEUDONYM = pseudonym_of(ANN, KEY)


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield MemoryStore(request=current_request)
        else:
            url: str = request.getfixturevalue("prepared_url")
            store = await stack.enter_async_context(mongo_store(url, request=current_request))
            await store.migrate()
            yield store


def a_person(user_id: UserId, campaign_id: CampaignId, number: int) -> Entry:
    entry = registered(user_id, phone(number), campaign_id=campaign_id, confirmed=True)
    details = replace(entry.details, first_name="Annabel", attributes={"rare": "rare-value"})
    entry = replace(entry, details=details, messages=(), revision=0, version=0, receipt_due=True)
    return entry.with_event(EntryEvent.CREATED, NOW, BackgroundTask.RETRY_FANSCORE)


async def relayed(stores: Stores, *, park: bool = False) -> list[str]:
    """Publish or park all events that wait. Returns their types."""
    messages = await stores.outbox.pending(Channel.EVENTS, EVERYWHERE, 1_000, NOW + timedelta(days=1))
    parked = [Parked(message=one, reason="too large", since=NOW) for one in messages] if park else []
    await stores.outbox.settle(
        Settlement(channel=Channel.EVENTS, at=NOW, passed_on=[] if park else messages, parked=parked)
    )
    return [message.about.value for message in messages]


async def settle_in(stores: Stores, user_id: UserId, number: int) -> None:
    """Leave something of a person in every place."""
    for campaign_id in (TOUR, OTHER):
        await stores.entries.change(campaign_id, user_id, becoming(a_person(user_id, campaign_id, number)))
    await relayed(stores)
    await stores.entries.change(OTHER, user_id, existing(noted("rare", "rare-value")))
    await relayed(stores, park=True)
    await stores.entries.change(OTHER, user_id, existing(noted("rare", "other rare-value")))
    await stores.scores.put(TOUR, [ScoreRecord(user_id=user_id, score=90)], NOW, upload="one")
    limits, digest = FanLimits(numbers_per_day=9, codes_per_day=9), number_digest(phone(number), KEY)

    def use(usage: FanUsage) -> FanUsage:
        return usage.use(TOUR, digest, limits, NOW)

    await stores.budgets.change(user_id, use)
    await stores.phone_book.take_send(phone(number), SendLimits(per_hour=5, per_day=5), NOW)
    await stores.phone_book.change(TOUR, phone(3), lambda record: record.failed(user_id, NOW, timedelta(days=1)))
    await stores.limits.take(f"writes {user_id}", RateLimit(per_minute=9, burst=9), NOW)
    await codes_of(stores, user_id)
    await change_another(stores, user_id, number)
    asked: Facts = {"userIds": (user_id, "carla"), "users": 2}
    for by in (user_id, UserId("staff")):
        row = AuditRecord(
            id=new_audit_id(), at=NOW, by=by, operation="selectEntries", campaign_id=TOUR, request_id="r",
            asked=asked, outcome={"updated": 2},
        )  # fmt: skip
        await stores.audit.append(row)


async def change_another(stores: Stores, by: UserId, number: int) -> None:
    """The person is staff, too, and has changed the registration of another fan."""
    entry = registered(fan(number + 50), phone(number + 50))
    entry = replace(entry, details=replace(entry.details, email=None))
    set_current_request(RequestContext(request_id="r", by=by))
    await stores.entries.change(TOUR, entry.user_id, becoming(entry))
    set_current_request(NO_REQUEST)
    await stores.entries.change(TOUR, entry.user_id, existing(noted("seat", "A1")))


async def codes_of(stores: Stores, user_id: UserId) -> None:
    """One that the person imported, reserved for and was given, and one that is not held."""
    name = f"I-{len(user_id)}"
    batch = replace(a_batch([f"{name}-1", f"{name}-2"], import_id=name), by=user_id)
    await stores.imports.save(replace(an_import(name), by=user_id))
    await stores.pool.add(batch)
    claim = replace(a_claim(2, reserve_id=f"{MINE}-{name}"), by=user_id)
    held = await stores.pool.claim(claim)

    def assign(code: Code) -> Code | Refusal:
        return code.assign(claim.reserve_id, user_id, NOON, user_id)

    await stores.pool.change(TOUR, [held.codes[0]], assign)


def erasing(stores: Stores, places: Mapping[Place, PersonalData] | None = None) -> ErasePerson:
    return ErasePerson(
        places=places or stores.personal_data, reader=stores.person_reader, clock=ManualClock(LATER), key=KEY
    )


async def erase(stores: Stores, *, dry_run: bool = False) -> Erased:
    return await erasing(stores)(ErasePersonCommand(user_id=ANN, dry_run=dry_run))


async def traces(stores: Stores) -> list[str]:
    text = await text_of(stores)
    return [one for one in PERSONAL if one in text]


async def test_a_person_is_found_everywhere_and_nothing_is_left(stores: Stores) -> None:
    await settle_in(stores, BOB, 2)
    await settle_in(stores, ANN, 1)
    others = await text_of(stores)
    assert BOB in others
    before = {place: await stores.personal_data[place].count(BOB) for place in Place}

    erased = await erase(stores)

    nowhere = {Place.SCORING, Place.PUBLISHED} if isinstance(stores, MemoryStore) else set()
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
    assert {place: await stores.personal_data[place].count(BOB) for place in Place} == before
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
        assert await stores.personal_data[Place.PUBLISHED].count(BOB) == 2


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


def exporting(stores: Stores) -> ExportPerson:
    own_draws = ListOwnDraws(
        draws=stores.draws, lists=stores.draw_lists, results=stores.draw_results, entries=stores.entries
    )
    return ExportPerson(
        places=stores.personal_data,
        reader=stores.person_reader,
        audit=stores.audit,
        own_draws=own_draws,
        clock=ManualClock(LATER),
    )


async def test_an_export_shows_what_is_held(stores: Stores) -> None:
    await settle_in(stores, ANN, 1)
    export = exporting(stores)

    exported = await export(ANN)
    rows = [row async for page in exported.audit for row in page]

    assert [one.entry.campaign_id for one in exported.entries] == [OTHER, TOUR]
    assert exported.entries[0].entry.details.first_name == "Annabel"
    assert [change.revision for change in exported.entries[0].history] == [1, 2, 3]
    assert [(one.campaign_id, one.score) for one in exported.scores] == [(TOUR, 90)]
    assert [(one.campaign_id, one.code[:2]) for one in exported.codes] == [(TOUR, "I-")]
    assert len(rows) == 2
    assert exported.held == {place: await stores.personal_data[place].count(ANN) for place in Place}
    assert not (await export(UserId("unknown"))).entries


async def test_an_export_has_all_rows_of_the_audit_log(stores: Stores) -> None:
    for number in range(2 * ROWS_AT_ONCE + 1):
        row = AuditRecord(
            id=new_audit_id(), at=NOW + timedelta(seconds=number // 3), by=ANN, operation="reserveCodes",
            campaign_id=TOUR, request_id=str(number), asked={}, outcome={"count": number},
        )  # fmt: skip
        await stores.audit.append(row)
    export = exporting(stores)

    pages = [page async for page in (await export(ANN)).audit]

    assert [len(page) for page in pages] == [ROWS_AT_ONCE, ROWS_AT_ONCE, 1]
    assert {row.request_id for page in pages for row in page} == {str(one) for one in range(2 * ROWS_AT_ONCE + 1)}
