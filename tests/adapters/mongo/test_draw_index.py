"""An announcement reads keys of an index, and no documents: those of millions are not in memory."""

from typing import Any

import pytest
from pymongo.database import Database

from adapters.mongo.draws.candidate_pages import BATCH
from adapters.mongo.entries.mapping import new_document
from adapters.mongo.store import MongoStore
from domain.model.draws.errors import BallotsMissing, DuplicateBallot
from domain.model.registrations.entry import Entry
from domain.model.registrations.markets import MarketId
from tests.contracts.registrations.entry_stores import TOUR, fan, phone, registered
from tests.support.candidates import candidates_of
from tests.support.shard_keys import record_all

Documents = Database[dict[str, Any]]
ENTRIES = 2 * BATCH + 10
ODD = (MarketId("a,b"), MarketId("50%"), MarketId("%2C"), MarketId("nyc"))
"""Markets may have any names."""


def an_entry(number: int) -> Entry:
    return registered(fan(number), phone(number), markets=ODD[number % 3 :], confirmed=number % 2 == 0)


async def markets_by_ballot(store: MongoStore, group_by: str | None = None) -> dict[str, tuple[MarketId, ...]]:
    batches = [batch async for batch in store.candidates.of_campaign(TOUR, group_by)]
    found = [one for batch in batches for one in candidates_of(batch)]
    assert len({one.ballot_id for one in found}) == len(found)
    return {one.ballot_id: one.markets for one in found}


def expected(entries: list[Entry]) -> dict[str, tuple[MarketId, ...]]:
    return {entry.ballot_id or "": entry.details.markets for entry in entries}


async def test_an_announcement_reads_no_documents(store: MongoStore, database: Documents) -> None:
    entries = [an_entry(number) for number in range(ENTRIES)]
    await store.database["entries"].insert_many(map(new_document, entries))
    record_all(database)

    assert await markets_by_ballot(store) == expected(entries)

    read = {"ns": f"{database.name}.entries", "planSummary": {"$exists": True}}
    reads = list(database["system.profile"].find(read))
    assert len(reads) >= ENTRIES // BATCH
    assert {seen["docsExamined"] for seen in reads} == {0}
    assert all(seen["keysExamined"] <= BATCH + 1 for seen in reads)


def changed_by_an_earlier_release(entry: Entry) -> dict[str, Any]:
    """It does not know the text of the markets, so that stays as it was."""
    return {"$set": {"markets": ["nyc"], "prefs": ["1:nyc"], "revision": entry.revision + 1}}


@pytest.mark.parametrize("group_by", [None, "household"])
async def test_an_entry_that_an_earlier_release_changed_last_is_refused_until_a_migration(
    store: MongoStore, group_by: str | None
) -> None:
    entries = [an_entry(number) for number in range(9)]
    await store.database["entries"].insert_many(map(new_document, entries))
    one = {"campaignId": TOUR, "userId": entries[4].user_id}
    await store.database["entries"].update_one(one, changed_by_an_earlier_release(entries[4]))

    with pytest.raises(BallotsMissing):
        await markets_by_ballot(store, group_by)

    await store.adopt_phones()
    found = await markets_by_ballot(store, group_by)
    assert found == expected(entries) | {entries[4].ballot_id: (MarketId("nyc"),)}


async def test_an_entry_that_an_earlier_release_changes_meanwhile_is_refused(store: MongoStore) -> None:
    entries = [an_entry(number) for number in range(ENTRIES)]
    await store.database["entries"].insert_many(map(new_document, entries))
    last = max(entries, key=lambda entry: entry.ballot_id or "")
    one = {"campaignId": TOUR, "userId": last.user_id}

    async def read() -> None:
        async for _ in store.candidates.of_campaign(TOUR, None):
            await store.database["entries"].update_one(one, changed_by_an_earlier_release(last))

    with pytest.raises(BallotsMissing):
        await read()


async def test_two_entries_with_one_ballot_are_noticed_where_a_page_ends(store: MongoStore) -> None:
    ballots = [f"{number:032x}" for number in range(BATCH)]
    documents = [
        new_document(an_entry(number)) | {"ballotId": ballot}
        for number, ballot in enumerate([*ballots, ballots[-1]])
    ]
    await store.database["entries"].insert_many(documents)

    with pytest.raises(DuplicateBallot):
        await markets_by_ballot(store)
