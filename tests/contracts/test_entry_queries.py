"""What every EntryQueries promises, held against a slow reading of all entries."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.model.eligibility import (
    Eligibles,
    EntryCounts,
    MarketCount,
    Position,
    Query,
    Ranked,
    RegisteredMarket,
)
from domain.model.entries import Entry, EntryEvent, EntryStatus, Selection
from domain.model.ids import CampaignId, UserId
from domain.model.markets import MarketId, Transfer
from domain.model.scoring import ScoreRecord
from ports.entries import EntryQueries
from tests.contracts.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    becoming,
    eligible,
    existing,
    fan,
    new_campaign,
    phone,
    registered,
    store,
)

pytest_plugins = ["tests.contracts.entry_fixtures"]

SCORES = (0, 0.5, 10, 50, 99.99, 100)
"""Few, so that many fans share one."""
NOWHERE = MarketId("nowhere")

rankings = st.lists(st.sampled_from(MARKETS), min_size=1, max_size=4, unique=True)
scores = st.sampled_from(SCORES)
selections = st.lists(st.sampled_from(Selection), min_size=1, unique=True)
markets_asked = st.lists(st.sampled_from((*MARKETS, NOWHERE)), max_size=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an entry is made of, without the campaign."""

    markets: Sequence[MarketId]
    score: float | None
    selection: Selection
    confirmed: bool


registrations = st.builds(
    Registration,
    markets=rankings,
    score=st.one_of(st.none(), scores, scores),
    selection=st.sampled_from(Selection),
    confirmed=st.sampled_from((True, True, False)),
)
queries = st.builds(
    Query,
    min_score=scores,
    max_score=scores,
    markets=markets_asked.map(tuple),
    max_rank=st.integers(1, 4),
    selections=selections.map(tuple),
) | st.builds(Query, markets=markets_asked.map(tuple), selections=selections.map(tuple))

examples = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The fixture is the store; each example has a campaign of its own in it."""


async def _register(ports: EntryPorts, given: Sequence[Registration]) -> tuple[CampaignId, list[Entry]]:
    campaign_id = new_campaign()
    entries = [
        eligible(
            fan(number),
            phone(number),
            one.score,
            campaign_id=campaign_id,
            markets=one.markets,
            selection=one.selection,
            confirmed=one.confirmed,
        )
        for number, one in enumerate(given)
    ]
    await store(ports, *entries)
    return campaign_id, entries


def _count(entries: Sequence[Entry], market: MarketId, max_rank: int = 4) -> MarketCount:
    def at(rank: int) -> int:
        return sum(entry.details.markets[rank - 1 : rank] == (market,) for entry in entries if rank <= max_rank)

    return MarketCount(market=market, by_rank=(at(1), at(2), at(3), at(4)))


def _slowly_eligible(entries: Sequence[Entry], query: Query, markets: Sequence[MarketId]) -> Eligibles:
    admitted = [entry for entry in entries if query.admits(entry)]
    counts = [_count(admitted, market, query.max_rank) for market in markets]
    return Eligibles(total=len(admitted), by_market=counts)


def _slowly_ranked(entries: Sequence[Entry], query: Query) -> list[Ranked]:
    ranked = [
        Ranked(
            user_id=entry.user_id,
            score=entry.score,
            selection=entry.selection,
            markets=entry.details.markets,
            phone_confirmed_at=entry.phone_confirmed_at,
        )
        for entry in entries
        if query.admits(entry) and entry.score is not None and entry.phone_confirmed_at is not None
    ]
    return sorted(ranked, key=lambda fan: (-fan.score, fan.user_id))


def _slowly_counted(entries: Sequence[Entry], markets: Sequence[MarketId]) -> EntryCounts:
    confirmed = [entry for entry in entries if entry.confirmed]
    return EntryCounts(
        by_status={
            EntryStatus.PENDING: len(entries) - len(confirmed),
            EntryStatus.CONFIRMED: len(confirmed),
        },
        by_market=[
            RegisteredMarket(all=_count(entries, market), confirmed=_count(confirmed, market).total)
            for market in markets
        ],
    )


async def _paged(ports: EntryPorts, campaign_id: CampaignId, query: Query, limit: int) -> list[Ranked]:
    found: list[Ranked] = []
    after: Position | None = None
    while page := await ports.queries.ranking(campaign_id, query, after=after, limit=limit):
        assert len(page) <= limit
        assert not set(page) & set(found), "a page begins behind the one before"
        found += page
        after = Position(score=page[-1].score, user_id=page[-1].user_id)
    return found


@examples
@given(given=st.lists(registrations, max_size=25), query=queries)
async def test_eligible_counts_whom_the_query_admits(
    entry_ports: EntryPorts, given: list[Registration], query: Query
) -> None:
    campaign_id, entries = await _register(entry_ports, given)
    wanted = list(dict.fromkeys(query.markets)) or [*MARKETS, NOWHERE]

    assert await entry_ports.queries.eligible(campaign_id, query, wanted) == _slowly_eligible(
        entries, query, wanted
    )
    assert await entry_ports.queries.eligible(campaign_id, query, MARKETS) == _slowly_eligible(
        entries, query, MARKETS
    )


@examples
@given(given=st.lists(registrations, max_size=25), query=queries, limit=st.integers(1, 30))
async def test_ranking_lists_whom_the_query_admits(
    entry_ports: EntryPorts, given: list[Registration], query: Query, limit: int
) -> None:
    campaign_id, entries = await _register(entry_ports, given)

    assert await _paged(entry_ports, campaign_id, query, limit) == _slowly_ranked(entries, query)


@examples
@given(given=st.lists(registrations, max_size=25))
async def test_count_counts_everyone(entry_ports: EntryPorts, given: list[Registration]) -> None:
    campaign_id, entries = await _register(entry_ports, given)
    wanted = [*MARKETS, NOWHERE]

    assert await entry_ports.queries.count(campaign_id, wanted) == _slowly_counted(entries, wanted)


@examples
@given(given=st.lists(registrations, max_size=25), market=st.sampled_from(MARKETS))
async def test_who_chose_names_everyone_once(
    entry_ports: EntryPorts, given: list[Registration], market: MarketId
) -> None:
    campaign_id, entries = await _register(entry_ports, given)

    chose = [user async for batch in entry_ports.queries.who_chose(campaign_id, market) for user in batch]

    assert sorted(chose) == sorted(entry.user_id for entry in entries if market in entry.details.markets)


async def test_a_campaign_nobody_knows_is_empty(entry_ports: EntryPorts) -> None:
    nobody = MarketCount(market=MARKETS[0], by_rank=(0, 0, 0, 0))

    assert await entry_ports.queries.eligible(TOUR, Query(), MARKETS[:1]) == Eligibles(total=0, by_market=[nobody])
    assert await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=5) == []
    assert await entry_ports.queries.count(TOUR, MARKETS[:1]) == EntryCounts(
        by_status={EntryStatus.PENDING: 0, EntryStatus.CONFIRMED: 0},
        by_market=[RegisteredMarket(all=nobody, confirmed=0)],
    )
    assert [batch async for batch in entry_ports.queries.who_chose(TOUR, MARKETS[0])] == []


async def test_a_market_asked_for_twice_is_counted_once(entry_ports: EntryPorts) -> None:
    await store(entry_ports, eligible(fan(1), phone(1), 50))
    twice = (MARKETS[0], MARKETS[0])

    eligibles = await entry_ports.queries.eligible(TOUR, Query(markets=twice), twice)

    assert eligibles == Eligibles(total=1, by_market=[MarketCount(market=MARKETS[0], by_rank=(1, 0, 0, 0))])


@pytest.mark.parametrize("wanted", [Query(selections=()), Query(min_score=60, max_score=40)])
async def test_a_query_nobody_can_satisfy(entry_ports: EntryPorts, wanted: Query) -> None:
    await store(entry_ports, eligible(fan(1), phone(1), 50))

    assert (await entry_ports.queries.eligible(TOUR, wanted, MARKETS)).total == 0
    assert await entry_ports.queries.ranking(TOUR, wanted, after=None, limit=5) == []


@pytest.mark.parametrize("odd", ["$nyc", "1:nyc", "New York / NJ", "ny.c", "\u00e5", " "])
async def test_markets_may_have_any_name(entry_ports: EntryPorts, odd: str) -> None:
    market = MarketId(odd)
    await store(entry_ports, eligible(fan(1), phone(1), 50, markets=(MARKETS[0], market)))

    eligibles = await entry_ports.queries.eligible(TOUR, Query(markets=(market,)), [market])
    counts = await entry_ports.queries.count(TOUR, [market])
    ranked = await entry_ports.queries.ranking(TOUR, Query(markets=(market,)), after=None, limit=5)
    chose = [batch async for batch in entry_ports.queries.who_chose(TOUR, market)]

    expected = MarketCount(market=market, by_rank=(0, 1, 0, 0))
    assert eligibles == Eligibles(total=1, by_market=[expected])
    assert counts.by_market == [RegisteredMarket(all=expected, confirmed=1)]
    assert [one.user_id for one in ranked] == [fan(1)]
    assert chose == [[fan(1)]]


async def test_a_tour_of_many_cities(entry_ports: EntryPorts) -> None:
    """More counts than one command takes."""
    cities = [MarketId(f"city-{number}") for number in range(160)]
    entries = [eligible(fan(n), phone(n), n, markets=cities[n * 10 : n * 10 + 4]) for n in range(10)]
    await store(entry_ports, *entries)
    everyone = Query(selections=tuple(Selection))

    assert await entry_ports.queries.eligible(TOUR, everyone, cities) == _slowly_eligible(
        entries, everyone, cities
    )
    assert await entry_ports.queries.count(TOUR, cities) == _slowly_counted(entries, cities)


async def test_every_answer_follows_the_change_before_it(entry_ports: EntryPorts) -> None:
    """No stale market, score, selection or unconfirmed fan in what is answered right afterwards."""
    nyc, bos, chi, *_ = MARKETS
    await store(entry_ports, eligible(fan(1), phone(1), None, markets=(nyc, chi)))

    async def answers() -> tuple[Eligibles, Sequence[Ranked]]:
        return (
            await entry_ports.queries.eligible(TOUR, Query(), [nyc, bos]),
            await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=5),
        )

    def transfer(entry: Entry) -> Entry:
        return entry.transfer(Transfer(source=nyc, target=bos)).told(EntryEvent.TRANSFERRED, NOW)

    def select(entry: Entry) -> Entry:
        return replace(entry, selection=Selection.SELECTED).told(EntryEvent.SELECTED, NOW)

    assert (await answers())[0].total == 0
    await entry_ports.scores.put(TOUR, [ScoreRecord(user_id=fan(1), score=7)], NOW)
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
    await _count_while_they_move(entry_ports, entry_ports.queries)


async def test_commands_that_wait_for_a_connection_see_the_same_instant(
    mongo_entry_ports: EntryPorts, queries_over_one_connection: EntryQueries
) -> None:
    await _count_while_they_move(mongo_entry_ports, queries_over_one_connection)


async def _count_while_they_move(ports: EntryPorts, queries: EntryQueries) -> None:
    """Everyone has one market, and keeps moving: at no instant is anyone in two, or in none."""
    cities = MARKETS[:4]
    everyone = [fan(number) for number in range(20)]
    await store(ports, *(eligible(user, phone(n), 50, markets=cities[:1]) for n, user in enumerate(everyone)))
    counting = True

    async def keep_moving(user_id: UserId) -> None:
        while counting:
            await ports.entries.change(TOUR, user_id, existing(_moved_on))
            await asyncio.sleep(0)

    movers = [asyncio.create_task(keep_moving(user_id)) for user_id in everyone]
    try:
        for _ in range(40):
            eligibles = await queries.eligible(TOUR, Query(), cities)
            counts = await queries.count(TOUR, cities)
            await asyncio.sleep(0)
            assert eligibles.total == sum(count.total for count in eligibles.by_market) == len(everyone)
            assert sum(market.all.total for market in counts.by_market) == len(everyone)
    finally:
        counting = False
        await asyncio.gather(*movers)


def _moved_on(entry: Entry) -> Entry:
    """One city further."""
    (here,) = entry.details.markets
    there = MARKETS[(MARKETS.index(here) + 1) % 4]
    return entry.transfer(Transfer(source=here, target=there)).told(EntryEvent.TRANSFERRED, NOW)


async def test_paging_while_rows_change(entry_ports: EntryPorts) -> None:
    """Nobody twice, nobody who stayed eligible left out."""
    await store(entry_ports, *(eligible(fan(number), phone(number), number // 2) for number in range(40)))

    def withdraw(entry: Entry) -> Entry:
        return entry.revise(replace(entry.details, phone=phone(1_000))).told(EntryEvent.UPDATED, NOW)

    found: list[UserId] = []
    after: Position | None = None
    while page := await entry_ports.queries.ranking(TOUR, Query(), after=after, limit=5):
        assert not {one.user_id for one in page} & set(found), "nobody twice"
        found += [one.user_id for one in page]
        after = Position(score=page[-1].score, user_id=page[-1].user_id)
        if len(found) <= 20:
            # The very fan behind whom the next page begins, and one still to come, are eligible no more.
            for gone in (page[-1].user_id, fan(len(found) // 5)):
                await entry_ports.entries.change(TOUR, gone, existing(withdraw))
            newcomer = 100 + len(found)
            await store(entry_ports, eligible(fan(newcomer), phone(newcomer), 50))

    left = await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=100)
    stayed = {one.user_id for one in left if one.user_id < fan(100)}
    assert stayed <= set(found)
    assert not {one.user_id for one in left} - stayed & set(found)


async def test_those_met_by_who_chose_may_move_away(entry_ports: EntryPorts) -> None:
    """As a transfer moves them, batch by batch."""
    nyc, bos, *_ = MARKETS
    total = 1_050
    entries = [registered(fan(number), phone(number)) for number in range(total)]
    await asyncio.gather(*(entry_ports.entries.change(TOUR, entry.user_id, becoming(entry)) for entry in entries))
    transfer = Transfer(source=nyc, target=bos)
    met: list[UserId] = []

    async for batch in entry_ports.queries.who_chose(TOUR, nyc):
        assert len(batch) <= 1_000
        met += batch
        await entry_ports.entries.change_many(
            TOUR, batch, lambda entry: entry.transfer(transfer).told(EntryEvent.TRANSFERRED, NOW)
        )

    assert sorted(met) == [fan(number) for number in range(total)]
    assert [batch async for batch in entry_ports.queries.who_chose(TOUR, nyc)] == []
