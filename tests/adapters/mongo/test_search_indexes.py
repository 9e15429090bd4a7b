"""Each search of registrations reads a bounded part of an index, however large the campaign is.

What MongoDB reports of each command does not depend on the machine. The bounds are constants, far below the number
of entries, so a scan of the collection or of an index fails the tests at this size as at any other. With twice as
many entries no page reads more, so nothing grows with the campaign.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pymongo
import pytest
from pymongo.database import Database

from adapters.mongo.entries.mapping import new_document
from adapters.mongo.entries.search import MongoEntrySearch
from adapters.mongo.store import MongoStore, mongo_store
from domain.model.registrations.entry import Entry, EntryStatus, Fraud, FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.search import EntryFilter, ListPosition
from domain.model.registrations.timeline import TimelineSpan, TimeUnit
from tests.contracts.registrations.entry_stores import MARKETS, NOW, TOUR, fan, phone, registered
from tests.support.shard_keys import PROFILE, record_all
from tests.support.stored import a_database

Documents = Database[dict[str, Any]]
ENTRIES = 6_000
RARE = 500
"""One entry in so many has each of the rare values."""
SEARCHED, FEW, PAGE = 300, 50, 10
TIES = 10
"""Entries of the same time as the ends of a page, and the keys between two ranges."""
ONE = {
    "user id": EntryFilter(user_id=fan(77)),
    "phone": EntryFilter(phone=phone(77)),
    "phone of a pending entry": EntryFilter(phone=phone(70)),
    "mail address": EntryFilter(email="FAN-77@example.com"),
}
INDEXES = {
    "newest": EntryFilter(),
    "pending": EntryFilter(status=EntryStatus.PENDING),
    "common market": EntryFilter(market=MARKETS[0]),
    "rare market": EntryFilter(market=MARKETS[1]),
    "rare market of another": EntryFilter(market=MARKETS[1], selection=Selection.NONE),
    "no such market": EntryFilter(market=MarketId("nowhere")),
    "common selection": EntryFilter(selection=Selection.NONE),
    "rare selection": EntryFilter(selection=Selection.SELECTED),
    "common fraud": EntryFilter(fraud=FraudStatus.CLEAR),
    "rare fraud": EntryFilter(fraud=FraudStatus.FLAGGED),
    "no such fraud": EntryFilter(fraud=FraudStatus.UNAVAILABLE),
    "scored": EntryFilter(scored=True),
    "not scored": EntryFilter(scored=False),
    "two that are common": EntryFilter(fraud=FraudStatus.CLEAR, scored=True),
}


def an_entry(number: int) -> Entry:
    """The rare ones came first, so they are the last of the list."""
    markets = MARKETS[1:2] if number % RARE == 1 else MARKETS[:1]
    at = NOW + timedelta(seconds=number // 3)
    entry = registered(fan(number), phone(number), markets=markets, confirmed=number % 10 > 0, at=at)
    rare = {number % RARE: True}
    return replace(
        entry,
        details=replace(entry.details, email=f"Fan-{number}@Example.com"),
        score=None if 3 in rare else 50.0,
        selection=Selection.SELECTED if 5 in rare else Selection.NONE,
        fraud=Fraud(status=FraudStatus.FLAGGED if 7 in rare else FraudStatus.CLEAR, score=1.0),
        messages=(),
    )


@pytest.fixture(scope="module")
def url(mongodb_url: str) -> Iterator[str]:
    """One database for all that only read: to store the entries takes seconds."""
    with a_database(mongodb_url) as url:
        yield url


@pytest.fixture(scope="module")
async def crowded(url: str) -> AsyncIterator[MongoStore]:
    async with mongo_store(url) as store:
        await store.migrate()
        await fill(store)
        yield store


@pytest.fixture
def recorded(url: str, crowded: MongoStore) -> Iterator[Documents]:
    """The database, which records from now on."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        record_anew(client.get_default_database())
        yield client.get_default_database()


async def fill(store: MongoStore) -> None:
    await store.database["entries"].insert_many([new_document(an_entry(number)) for number in range(ENTRIES)])


def record_anew(database: Documents) -> None:
    database.command("profile", 0)
    database.drop_collection(PROFILE)
    record_all(database)


async def test_an_entry_is_found_without_reading_others(crowded: MongoStore, recorded: Documents) -> None:
    for name, wanted in ONE.items():
        page = await crowded.entry_search.page(TOUR, wanted, after=None, limit=PAGE)

        (found,) = page.entries
        assert wanted.admits(found.entry), name

    for seen in _reads(recorded, len(ONE)):
        assert "COLLSCAN" not in seen["planSummary"]
        assert max(seen["docsExamined"], seen["keysExamined"]) <= 2, seen["command"]


async def test_a_page_of_a_list_reads_a_bounded_part_of_an_index(crowded: MongoStore, recorded: Documents) -> None:
    search = MongoEntrySearch(crowded.database["entries"], searched=SEARCHED, few=FEW)
    for wanted in INDEXES.values():
        for after in (None, ListPosition.of(an_entry(ENTRIES // 2))):
            await search.page(TOUR, wanted, after=after, limit=PAGE)

    for seen in _reads(recorded, 2 * len(INDEXES)):
        assert "COLLSCAN" not in seen["planSummary"], seen["command"]
        assert seen["docsExamined"] <= SEARCHED + TIES, (seen["planSummary"], seen["command"])
        assert seen["keysExamined"] <= SEARCHED + TIES, (seen["planSummary"], seen["command"])
        assert not seen.get("hasSortStage") or seen["docsExamined"] <= FEW, seen["command"]


async def test_twice_as_many_entries_make_no_page_read_more(store: MongoStore, database: Documents) -> None:
    await fill(store)
    small = await _most_read(store, database)
    # Newer ones: rare entries are the last of the list, and stay as rare as they were.
    more = (new_document(an_entry(number)) for number in range(ENTRIES, 2 * ENTRIES))
    await store.database["entries"].insert_many([one for one in more if one["selection"] == "none"])

    assert await _most_read(store, database) <= small + TIES


async def _most_read(store: MongoStore, database: Documents) -> int:
    """Keys or documents, by any command of the first page of any list."""
    search = MongoEntrySearch(store.database["entries"], searched=SEARCHED, few=FEW)
    record_anew(database)
    for wanted in INDEXES.values():
        await search.page(TOUR, wanted, after=None, limit=PAGE)
    return max(
        int(seen[read]) for seen in _reads(database, len(INDEXES)) for read in ("docsExamined", "keysExamined")
    )


@pytest.mark.parametrize("hint", ["$natural", "newest"])
def test_the_bounds_notice_a_scan(crowded: MongoStore, recorded: Documents, hint: str) -> None:
    """Of the collection, or of an index that has the wrong order for the filter."""
    by: Any = [("$natural", 1)] if hint == "$natural" else hint
    list(recorded["entries"].find({"campaignId": TOUR, "email": "Fan-77@Example.com"}).hint(by))

    (seen,) = _reads(recorded, 1)
    assert max(seen["docsExamined"], seen["keysExamined"]) >= ENTRIES > 10 * (SEARCHED + TIES)


async def test_rare_entries_are_found_however_many_pages_it_takes(crowded: MongoStore) -> None:
    search = MongoEntrySearch(crowded.database["entries"], searched=SEARCHED, few=FEW)
    wanted = EntryFilter(fraud=FraudStatus.CLEAR, email=None, market=MARKETS[1], status=EntryStatus.CONFIRMED)
    hard = EntryFilter(fraud=FraudStatus.CLEAR, scored=True, market=MARKETS[0], selection=Selection.NONE)
    for one in (wanted, hard):
        found: list[str] = []
        after: ListPosition | None = None
        more = True
        while more:
            page = await search.page(TOUR, one, after=after, limit=50)
            found += [one.entry.user_id for one in page.entries]
            after, more = page.next, page.next is not None
        slowly = [entry for number in range(ENTRIES) if one.admits(entry := an_entry(number))]
        assert sorted(found) == sorted(entry.user_id for entry in slowly)


async def test_a_timeline_reads_index_keys_only(crowded: MongoStore, recorded: Documents) -> None:
    span, in_the_span = TimelineSpan(unit=TimeUnit.MINUTE, start=NOW, points=10), 3 * 600
    await crowded.entry_search.timeline(TOUR, span)

    for seen in _reads(recorded, 5):
        assert "COLLSCAN" not in seen["planSummary"]
        assert seen["docsExamined"] <= 1, seen["command"]
        assert seen["keysExamined"] <= in_the_span + TIES, seen["command"]


def _reads(database: Documents, pages: int) -> list[dict[str, Any]]:
    """What was read of the entries, for at least so many pages."""
    database.command("profile", 0)
    of_entries = {"op": {"$in": ["query", "command"]}, "ns": f"{database.name}.entries"}
    seen = [row for row in database[PROFILE].find(of_entries) if "planSummary" in row]
    assert len(seen) >= pages
    return seen
