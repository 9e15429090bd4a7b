"""Counts by market and rank: from choices, or from documents where an earlier release wrote some entries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.collection import Collection
from pymongo.database import Database

from adapters.mongo.entries.choice_counts import lanes
from adapters.mongo.entries.choices import choice_of, markets_in, with_choice
from adapters.mongo.entries.mapping import new_document
from adapters.mongo.entries.queries import MongoEntryQueries
from adapters.mongo.entries.search import MongoEntrySearch
from adapters.mongo.store import MongoStore
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.search import EntryFilter
from tests.contracts.registrations.entry_stores import MARKETS, NOW, TOUR, eligible, existing, fan, noted, phone
from tests.contracts.registrations.slow_reading import (
    CROWD,
    FILTERS,
    NOWHERE,
    slowly_counted,
    slowly_eligible,
    slowly_ranked,
)
from tests.support.shard_keys import record_all

Documents = Collection[dict[str, Any]]
ODD = (MarketId("50%, or 100%2C"), MarketId("%"), MarketId(","))
ASKED = [*MARKETS, *ODD, NOWHERE]
ENTRIES = 3_000
OTHER_KEYS = 500
"""Those between two ranges, and those that show which choices there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A campaign, and what is asked about it."""

    entries: Documents
    queries: MongoEntryQueries
    search: MongoEntrySearch


def crowd() -> list[Entry]:
    """Of every kind, also with markets of odd names."""
    some = [
        *CROWD,
        *(replace(one, markets=(*ODD[number % 3 :], MARKETS[0])) for number, one in enumerate(CROWD[:9])),
    ]
    return [
        eligible(
            fan(number),
            phone(number),
            one.score,
            markets=one.markets,
            selection=one.selection,
            confirmed=one.confirmed,
        )
        for number, one in enumerate(some)
    ]


async def filled(store: MongoStore, entries: Sequence[Entry]) -> None:
    await store.database["entries"].insert_many([new_document(replace(one, messages=())) for one in entries])


def as_earlier_releases_store_it(entries: Documents, wanted: dict[str, Any]) -> None:
    """They write the markets and ``prefs``, and leave the choice as it is, if there is one."""
    for number, one in enumerate(entries.find(wanted)):
        prefs = [f"{rank}:{market}" for rank, market in enumerate(one["markets"], start=1)]
        stale: dict[str, Any] = {"$set": {"choice": "nyc,lax"}} if number % 2 else {"$unset": {"choice": ""}}
        entries.update_one({"_id": one["_id"]}, {"$set": {"prefs": prefs}})
        entries.update_one({"_id": one["_id"]}, stale)


QUERIES = [
    *(
        Query(**{name: value}, selections=tuple(Selection))
        for name in ("min_score", "max_score", "markets", "max_rank")
        for value in FILTERS[name]
    ),
    *(Query(selections=value) for value in FILTERS["selections"]),
    *(
        Query(markets=markets, max_rank=rank)
        for markets, rank in product((MARKETS[1:3], ODD[:1], ODD), (1, 2, 3, 4))
    ),
]


async def assert_exact(place: Place, entries: Sequence[Entry]) -> None:
    """Every question, held against a slow reading."""
    for query in QUERIES:
        wanted = list(dict.fromkeys(query.markets)) or ASKED
        assert await place.queries.eligible(TOUR, query, wanted) == slowly_eligible(entries, query, wanted), query
        assert await place.queries.ranking(TOUR, query, after=None, limit=500) == slowly_ranked(entries, query)
        assert await place.search.count_each(TOUR, [query]) == [slowly_eligible(entries, query, ()).total], query
    assert await place.queries.count(TOUR, ASKED) == slowly_counted(entries, ASKED)
    waiting = [one.details.markets for one in entries if one.selection is Selection.WAITLISTED]
    assert await place.queries.waitlisted(TOUR, ASKED) == {
        market: sum(market in one for one in waiting) for market in ASKED
    }
    for market in ASKED:
        page = await place.search.page(TOUR, EntryFilter(market=market), after=None, limit=500)
        having = {one.user_id for one in entries if market in one.details.markets}
        assert {one.entry.user_id for one in page.entries} == having
        assert await place.queries.was_chosen(TOUR, market) == bool(having)


@pytest.mark.parametrize("named", [250, 0], ids=["each choice is counted", "choices are grouped"])
@pytest.mark.parametrize("earlier", ["no entry", "some entries", "all entries"])
async def test_counts_are_exact(
    store: MongoStore, database: Database[dict[str, Any]], named: int, earlier: str
) -> None:
    """Whatever an earlier release wrote last."""
    entries, raw = crowd(), store.database["entries"]
    await filled(store, entries)
    if earlier != "no entry":
        some = {"userId": {"$in": [fan(number) for number in range(0, len(entries), 7)]}}
        as_earlier_releases_store_it(database["entries"], some if earlier == "some entries" else {})
    place = Place(
        entries=database["entries"],
        queries=MongoEntryQueries(store.database, raw, named=named),
        search=MongoEntrySearch(raw, named=named),
    )

    await assert_exact(place, [replace(one, messages=()) for one in entries])


async def test_a_migration_writes_choices_once(store: MongoStore, database: Database[dict[str, Any]]) -> None:
    entries, raw = crowd(), database["entries"]
    await filled(store, entries)
    stored = {one["_id"]: one for one in raw.find()}
    as_earlier_releases_store_it(raw, {"userId": {"$lt": fan(40)}})
    assert raw.count_documents({"prefs.0": {"$gt": ""}}) == 40

    assert (await store.adopt_phones()).choices == 40
    assert (await store.adopt_phones()).choices == 0

    assert {one["_id"]: one for one in raw.find()} == stored


async def test_an_entry_that_changes_during_a_migration_keeps_its_markets(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    raw = database["entries"]
    await filled(store, [eligible(fan(1), phone(1), 50, markets=MARKETS[:2]), eligible(fan(2), phone(2), 50)])
    as_earlier_releases_store_it(raw, {})
    changed, withdrawn = (with_choice(one) for one in list(raw.find(sort=[("_id", 1)])))
    assert changed is not None
    assert withdrawn is not None
    await store.entries.change(TOUR, fan(1), existing(_moved))
    await store.withdrawals.withdraw(TOUR, fan(2), NOW)
    after = list(raw.find())

    raw.bulk_write([changed, withdrawn])

    assert list(raw.find()) == after


def _moved(entry: Entry) -> Entry:
    return noted("seat", "A")(replace(entry, details=replace(entry.details, markets=MARKETS[3:])))


async def test_an_earlier_release_counts_what_this_one_writes(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    entries = crowd()
    await filled(store, entries)

    for rank, market in product(range(1, 5), ASKED):
        asked = {"campaignId": TOUR, "status": "confirmed", "prefs": f"{rank}:{market}"}
        having = [one for one in entries if one.confirmed and one.details.markets[rank - 1 : rank] == (market,)]
        assert database["entries"].count_documents(asked) == len(having)


@pytest.mark.parametrize("named", [250, 0])
async def test_counts_read_each_key_once_and_no_document(
    store: MongoStore, database: Database[dict[str, Any]], named: int
) -> None:
    cities = [MARKETS[:1], MARKETS[1:4], MARKETS[:4]]
    await filled(store, [eligible(fan(n), phone(n), n % 100, markets=cities[n % 3]) for n in range(ENTRIES)])
    queries = MongoEntryQueries(store.database, store.database["entries"], named=named)
    record_all(database)

    assert (await queries.eligible(TOUR, Query(), MARKETS)).total == ENTRIES
    assert (await queries.eligible(TOUR, Query(markets=MARKETS[1:2]), MARKETS)).total == ENTRIES * 2 // 3
    await queries.count(TOUR, MARKETS)

    database.command("profile", 0)
    of_entries = {"op": "command", "ns": f"{database.name}.entries", "planSummary": {"$exists": True}}
    seen = list(database["system.profile"].find(of_entries))
    assert len(seen) > 3
    assert sum(one.get("docsExamined", 0) for one in seen) == 0
    assert 2 * ENTRIES < sum(one["keysExamined"] for one in seen) <= 3 * ENTRIES + OTHER_KEYS


@given(st.lists(st.text(alphabet="%,2Ca5", min_size=1), min_size=1, max_size=4))
def test_a_choice_is_read_as_it_was_written(markets: list[str]) -> None:
    assert markets_in(choice_of(markets)) == tuple(markets)


@pytest.mark.parametrize("markets", [[], ["b"], ["b", "a"], ["a", "a%", "b", "c", "c,", "d"]])
async def test_lanes_part_all_choices(
    store: MongoStore, database: Database[dict[str, Any]], markets: list[str]
) -> None:
    choices = ["", "a", "a%25", "b,a", "c", "c%2C", "d", "z", None]
    scratch = database["turns"]
    scratch.insert_many(
        [{"_id": str(number), "owner": "x", "choice": choice} for number, choice in enumerate(choices)]
    )

    found = [one["choice"] for lane in lanes(markets) for one in scratch.find(lane)]
    scratch.delete_many({})

    assert sorted(map(str, found)) == sorted(map(str, choices))
