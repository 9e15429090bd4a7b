"""Staff change many entries: one fan never holds up the others, and memory does not grow with what fans stored."""

import asyncio
import tracemalloc
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest

from adapters.mongo.entries.bulk_changes import TURN
from adapters.system.clock import SystemClock
from domain.model.errors import Unavailable
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.scoring import ScoreProblem, ScoreRecord, ScoreRefusal
from domain.usecases.registrations.check_markets import CheckMarkets
from domain.usecases.registrations.select_entries import SelectEntries, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntries, TransferEntriesCommand, Transferred
from tests.contracts.registrations.entry_stores import (
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
from tests.support.neighbours import MemoryCampaigns
from tests.support.registrations import a_campaign

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

FULL = fan(1)
LARGE = 200_000
"""The limit of version 0.1 for one fan's data, in characters."""


@pytest.fixture
async def held_up(entry_ports: EntryPorts) -> EntryPorts:
    """Three confirmed fans. So many messages of the second one wait that no more are accepted."""
    await store(entry_ports, *(registered(fan(one), phone(one), confirmed=True) for one in range(3)))
    with suppress(Unavailable):
        for _ in range(20):
            await entry_ports.entries.change(TOUR, FULL, existing(noted("n", "x" * 100_000)))
    return entry_ports


async def test_a_transfer_moves_the_others_and_reports_the_blocked_fan(held_up: EntryPorts) -> None:
    campaigns = MemoryCampaigns([a_campaign(TOUR)])
    transfer = TransferEntries(
        campaigns=campaigns,
        entries=held_up.entries,
        queries=held_up.queries,
        check_markets=CheckMarkets(campaigns=campaigns, queries=held_up.queries),
        clock=SystemClock(),
    )

    done = await transfer(TransferEntriesCommand(campaign_id=TOUR, source="nyc", target="sfo"))

    assert done == Transferred(moved=2, rejected=1, problems=(FULL,))
    assert done.matched == 3
    again = await transfer(TransferEntriesCommand(campaign_id=TOUR, source="nyc", target="sfo"))
    assert again == Transferred(rejected=1, problems=(FULL,))


async def test_a_selection_changes_the_others_and_reports_the_blocked_fan(held_up: EntryPorts) -> None:
    select = SelectEntries(entries=held_up.entries, clock=SystemClock())
    everyone = [fan(one) for one in range(3)]

    done = await select(SelectEntriesCommand(campaign_id=TOUR, user_ids=everyone, selection=Selection.SELECTED))

    assert (done.updated, done.rejected) == (2, [FULL])


async def test_scores_with_a_selection_are_stored_except_for_the_blocked_fan(held_up: EntryPorts) -> None:
    records = [ScoreRecord(user_id=fan(one), score=50, selection=Selection.SELECTED) for one in range(3)]

    scored = await held_up.scores.put(TOUR, records, NOW, upload="one")

    assert (scored.upserted, scored.rejected) == (2, 1)
    assert scored.problems == (ScoreProblem(FULL, ScoreRefusal.MESSAGES_WAITING),)


async def test_memory_does_not_grow_with_what_fans_stored(mongo_entry_ports: EntryPorts) -> None:
    for one in range(300):
        large = registered(fan(one), phone(one))
        details = replace(large.details, attributes={"n": "x" * LARGE})
        await store(mongo_entry_ports, replace(large, details=details, messages=()))

    few, many = await peak(mongo_entry_ports, 100), await peak(mongo_entry_ports, 300)

    assert many < 1.5 * few


async def test_others_have_a_turn_of_the_event_loop_between_some_entries_and_the_next(
    mongo_entry_ports: EntryPorts,
) -> None:
    fans = 4 * TURN
    await store(mongo_entry_ports, *(registered(fan(one), phone(one)) for one in range(fans)))
    turn, changed = 0, Counter[int]()

    async def count() -> None:
        nonlocal turn
        while True:
            await asyncio.sleep(0)
            turn += 1

    def score(entry: Entry) -> Entry:
        changed[turn] += 1
        return replace(entry, score=1.0, version=entry.version + 1)

    counting = asyncio.create_task(count())
    assert not await mongo_entry_ports.entries.change_many(TOUR, [fan(one) for one in range(fans)], score)
    counting.cancel()

    assert changed.total() == fans
    assert max(changed.values()) <= 2 * TURN


async def peak(ports: EntryPorts, fans: int) -> int:
    """Peak memory in bytes while that many entries are changed."""

    def score(entry: Entry) -> Entry:
        return replace(entry, score=(entry.score or 0) + 1.0, version=entry.version + 1)

    tracemalloc.start()
    try:
        assert not await ports.entries.change_many(TOUR, [fan(one) for one in range(fans)], score)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
