"""What every EntryQueries promises while the entries change."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from domain.model.ids import UserId
from domain.model.registrations.eligibility import (
    EligibleCounts,
    Query,
    Ranked,
    RankingPosition,
)
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from domain.model.registrations.markets import Transfer
from domain.model.registrations.scoring import ScoreRecord
from ports.entries import EntryQueries
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    becoming,
    eligible,
    existing,
    fan,
    phone,
    registered,
    store,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]


async def test_every_answer_follows_the_change_before_it(entry_ports: EntryPorts) -> None:
    """The next answer contains no stale market, score, selection or unconfirmed fan."""
    nyc, bos, chi, *_ = MARKETS
    await store(entry_ports, eligible(fan(1), phone(1), None, markets=(nyc, chi)))

    async def answers() -> tuple[EligibleCounts, Sequence[Ranked]]:
        return (
            await entry_ports.queries.eligible(TOUR, Query(), [nyc, bos]),
            await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=5),
        )

    def transfer(entry: Entry) -> Entry:
        return entry.transfer(Transfer(source=nyc, target=bos)).with_event(EntryEvent.TRANSFERRED, NOW)

    def select(entry: Entry) -> Entry:
        return replace(entry, selection=Selection.SELECTED).with_event(EntryEvent.SELECTED, NOW)

    assert (await answers())[0].total == 0
    await entry_ports.scores.put(TOUR, [ScoreRecord(user_id=fan(1), score=7)], NOW, upload="one")
    eligibles, ranked = await answers()
    assert [count.total for count in eligibles.by_market] == [1, 0]
    assert [(one.score, one.markets) for one in ranked] == [(7, (nyc, chi))]
    await entry_ports.entries.change_many(TOUR, [fan(1)], transfer)
    eligibles, ranked = await answers()
    assert [count.by_rank for count in eligibles.by_market] == [(0, 0, 0, 0), (1, 0, 0, 0)]
    assert [one.markets for one in ranked] == [(bos, chi)]
    await entry_ports.entries.change(TOUR, fan(1), existing(select))
    eligibles, ranked = await answers()
    assert (eligibles.total, ranked) == (0, [])


async def test_all_counts_are_of_one_instant(entry_ports: EntryPorts) -> None:
    await _count_while_they_swap(entry_ports, entry_ports.queries)


async def test_mongo_commands_that_wait_for_a_connection_see_the_same_instant(
    mongo_entry_ports: EntryPorts, queries_over_one_connection: EntryQueries
) -> None:
    await _count_while_they_swap(mongo_entry_ports, queries_over_one_connection)


async def _count_while_they_swap(ports: EntryPorts, queries: EntryQueries) -> None:
    """All fans have the same two markets and keep swapping them. At no instant has a fan one market twice."""
    cities = MARKETS[:2]
    everyone = [fan(number) for number in range(20)]
    await store(ports, *(eligible(user, phone(n), 50, markets=cities) for n, user in enumerate(everyone)))
    counting = True

    async def keep_swapping(user_id: UserId) -> None:
        while counting:
            await ports.entries.change(TOUR, user_id, existing(_swapped))
            await asyncio.sleep(0)

    swappers = [asyncio.create_task(keep_swapping(user_id)) for user_id in everyone]
    try:
        for _ in range(40):
            eligibles = await queries.eligible(TOUR, Query(), cities)
            counts = await queries.count(TOUR, cities)
            await asyncio.sleep(0)
            assert eligibles.total == len(everyone)
            assert [count.total for count in eligibles.by_market] == [len(everyone)] * 2
            assert [market.all.total for market in counts.by_market] == [len(everyone)] * 2
    finally:
        counting = False
        await asyncio.gather(*swappers)


def _swapped(entry: Entry) -> Entry:
    swapped = replace(entry.details, markets=entry.details.markets[::-1])
    return entry.revise(swapped).with_event(EntryEvent.UPDATED, NOW)


async def test_paging_while_rows_change(entry_ports: EntryPorts) -> None:
    """No fan appears twice, and no fan who stayed eligible is left out."""
    await store(entry_ports, *(eligible(fan(number), phone(number), number // 2) for number in range(40)))

    def withdraw(entry: Entry) -> Entry:
        return entry.revise(replace(entry.details, phone=phone(1_000))).with_event(EntryEvent.UPDATED, NOW)

    found: list[UserId] = []
    after: RankingPosition | None = None
    while page := await entry_ports.queries.ranking(TOUR, Query(), after=after, limit=5):
        assert not {one.user_id for one in page} & set(found), "no fan appears twice"
        found += [one.user_id for one in page]
        after = RankingPosition(score=page[-1].score, user_id=page[-1].user_id)
        if len(found) <= 20:
            # The last fan of this page, and one of a later page, are not eligible any more.
            for gone in (page[-1].user_id, fan(len(found) // 5)):
                await entry_ports.entries.change(TOUR, gone, existing(withdraw))
            newcomer = 100 + len(found)
            await store(entry_ports, eligible(fan(newcomer), phone(newcomer), 50))

    left = await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=100)
    stayed = {one.user_id for one in left if one.user_id < fan(100)}
    assert stayed <= set(found)
    assert not {one.user_id for one in left} - stayed & set(found)


async def test_fans_found_by_who_chose_may_move_away(entry_ports: EntryPorts) -> None:
    """As a transfer moves them, batch by batch."""
    nyc, bos, *_ = MARKETS
    total = 1_050
    entries = [registered(fan(number), phone(number)) for number in range(total)]
    await asyncio.gather(*(entry_ports.entries.change(TOUR, entry.user_id, becoming(entry)) for entry in entries))
    transfer = Transfer(source=nyc, target=bos)
    met: list[UserId] = []

    async for batch in entry_ports.queries.fans_of_market(TOUR, nyc):
        assert len(batch) <= 1_000
        met += batch
        await entry_ports.entries.change_many(
            TOUR, batch, lambda entry: entry.transfer(transfer).with_event(EntryEvent.TRANSFERRED, NOW)
        )

    assert sorted(met) == [fan(number) for number in range(total)]
    assert [batch async for batch in entry_ports.queries.fans_of_market(TOUR, nyc)] == []
