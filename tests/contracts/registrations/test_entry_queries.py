"""What every EntryQueries promises, held against a slow reading of all entries."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import (
    EligibleCounts,
    EntryCounts,
    MarketCount,
    Query,
    Ranked,
    RankingPosition,
    RegisteredMarket,
)
from domain.model.registrations.entry import EntryStatus, Selection
from domain.model.registrations.markets import MarketId
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    TOUR,
    EntryPorts,
    eligible,
    fan,
    new_campaign,
    phone,
    store,
)
from tests.contracts.registrations.slow_reading import (
    CROWD,
    FILTERS,
    NOWHERE,
    Registration,
    examples,
    queries,
    register,
    registrations,
    slowly_counted,
    slowly_eligible,
    slowly_ranked,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]


def test_every_filter_is_asked_of_every_adapter() -> None:
    assert FILTERS.keys() == {field.name for field in fields(Query)}, (
        "see tests/contracts/registrations/slow_reading.py"
    )


async def _paged(ports: EntryPorts, campaign_id: CampaignId, query: Query, limit: int) -> list[Ranked]:
    found: list[Ranked] = []
    after: RankingPosition | None = None
    while page := await ports.queries.ranking(campaign_id, query, after=after, limit=limit):
        assert len(page) <= limit
        assert not set(page) & set(found), "a page begins behind the one before"
        found += page
        after = RankingPosition(score=page[-1].score, user_id=page[-1].user_id)
    return found


@examples
@given(given=st.lists(registrations, max_size=25), query=queries)
async def test_eligible_counts_the_fans_that_the_query_admits(
    entry_ports: EntryPorts, given: list[Registration], query: Query
) -> None:
    campaign_id, entries = await register(entry_ports, given)
    wanted = list(dict.fromkeys(query.markets)) or [*MARKETS, NOWHERE]

    assert await entry_ports.queries.eligible(campaign_id, query, wanted) == slowly_eligible(
        entries, query, wanted
    )
    assert await entry_ports.queries.eligible(campaign_id, query, MARKETS) == slowly_eligible(
        entries, query, MARKETS
    )


@examples
@given(given=st.lists(registrations, max_size=25), query=queries, limit=st.integers(1, 30))
async def test_ranking_lists_the_fans_that_the_query_admits(
    entry_ports: EntryPorts, given: list[Registration], query: Query, limit: int
) -> None:
    campaign_id, entries = await register(entry_ports, given)

    assert await _paged(entry_ports, campaign_id, query, limit) == slowly_ranked(entries, query)


@examples
@given(given=st.lists(registrations, max_size=25))
async def test_count_counts_every_entry(entry_ports: EntryPorts, given: list[Registration]) -> None:
    campaign_id, entries = await register(entry_ports, given)
    wanted = [*MARKETS, NOWHERE]

    assert await entry_ports.queries.count(campaign_id, wanted) == slowly_counted(entries, wanted)


@examples
@given(given=st.lists(registrations, max_size=25), market=st.sampled_from(MARKETS))
async def test_who_chose_names_each_fan_once(
    entry_ports: EntryPorts, given: list[Registration], market: MarketId
) -> None:
    campaign_id, entries = await register(entry_ports, given)

    chose = [user async for batch in entry_ports.queries.fans_of_market(campaign_id, market) for user in batch]

    assert sorted(chose) == sorted(entry.user_id for entry in entries if market in entry.details.markets)
    assert await entry_ports.queries.was_chosen(campaign_id, market) == bool(chose)


@pytest.mark.parametrize("name", FILTERS)
async def test_each_filter_admits_the_fans_that_the_query_admits(entry_ports: EntryPorts, name: str) -> None:
    """The random queries seldom differ in one filter alone."""
    campaign_id, entries = await register(entry_ports, CROWD)
    everyone = Query(markets=MARKETS[:1], selections=tuple(Selection))
    queries = [replace(everyone, **{name: value}) for value in FILTERS[name]]
    expected = [slowly_eligible(entries, query, MARKETS) for query in queries]
    assert len({answer.total for answer in expected}) > 1, f"{name} admits all of CROWD or none"

    assert [await entry_ports.queries.eligible(campaign_id, query, MARKETS) for query in queries] == expected
    assert [await _paged(entry_ports, campaign_id, query, 50) for query in queries] == [
        slowly_ranked(entries, query) for query in queries
    ]


async def test_an_unknown_campaign_is_empty(entry_ports: EntryPorts) -> None:
    none = MarketCount(market=MARKETS[0], by_rank=(0, 0, 0, 0))

    assert await entry_ports.queries.eligible(TOUR, Query(), MARKETS[:1]) == EligibleCounts(
        total=0, by_market=[none]
    )
    assert await entry_ports.queries.ranking(TOUR, Query(), after=None, limit=5) == []
    assert await entry_ports.queries.count(TOUR, MARKETS[:1]) == EntryCounts(
        by_status={EntryStatus.PENDING: 0, EntryStatus.CONFIRMED: 0},
        by_market=[RegisteredMarket(all=none, confirmed=0)],
        withdrawn=0,
    )
    assert [batch async for batch in entry_ports.queries.fans_of_market(TOUR, MARKETS[0])] == []


async def test_a_market_that_is_requested_twice_is_counted_once(entry_ports: EntryPorts) -> None:
    await store(entry_ports, eligible(fan(1), phone(1), 50))
    twice = (MARKETS[0], MARKETS[0])

    eligibles = await entry_ports.queries.eligible(TOUR, Query(markets=twice), twice)

    assert eligibles == EligibleCounts(total=1, by_market=[MarketCount(market=MARKETS[0], by_rank=(1, 0, 0, 0))])


@pytest.mark.parametrize("wanted", [Query(selections=()), Query(min_score=60, max_score=40)])
async def test_a_query_that_no_fan_can_satisfy_finds_none(entry_ports: EntryPorts, wanted: Query) -> None:
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
    chose = [batch async for batch in entry_ports.queries.fans_of_market(TOUR, market)]

    expected = MarketCount(market=market, by_rank=(0, 1, 0, 0))
    assert eligibles == EligibleCounts(total=1, by_market=[expected])
    assert counts.by_market == [RegisteredMarket(all=expected, confirmed=1)]
    assert [one.user_id for one in ranked] == [fan(1)]
    assert chose == [[fan(1)]]


async def test_a_tour_of_many_cities(entry_ports: EntryPorts) -> None:
    """More counts than one command takes."""
    cities = [MarketId(f"city-{number}") for number in range(160)]
    entries = [eligible(fan(n), phone(n), n, markets=cities[n * 10 : n * 10 + 4]) for n in range(10)]
    await store(entry_ports, *entries)
    everyone = Query(selections=tuple(Selection))

    assert await entry_ports.queries.eligible(TOUR, everyone, cities) == slowly_eligible(entries, everyone, cities)
    assert await entry_ports.queries.count(TOUR, cities) == slowly_counted(entries, cities)


async def test_a_market_that_was_moved_from_stays_known(entry_ports: EntryPorts) -> None:
    assert not await entry_ports.queries.was_chosen(TOUR, MarketId("old"))

    await entry_ports.entries.remember_moved(TOUR, MarketId("old"))
    await entry_ports.entries.remember_moved(TOUR, MarketId("old"))

    assert await entry_ports.queries.was_chosen(TOUR, MarketId("old"))
    assert not await entry_ports.queries.was_chosen(CampaignId("other"), MarketId("old"))


async def test_those_who_wait_are_counted_by_each_of_their_markets(entry_ports: EntryPorts) -> None:
    """With and without a score, whatever the rank. Others are not counted, and other campaigns neither."""
    campaign, other = new_campaign(), new_campaign()
    first, second, third, fourth = MARKETS[:4]
    crowd = [
        ((first,), None, Selection.WAITLISTED),
        ((first, second), 50.0, Selection.WAITLISTED),
        ((third, second, first), 90.0, Selection.WAITLISTED),
        ((first, second, third, fourth), 90.0, Selection.SELECTED),
        ((fourth,), 90.0, Selection.DECLINED),
    ]
    for number, (markets, score, selection) in enumerate(crowd):
        for id in (campaign, other)[: 1 + number % 2]:
            entry = eligible(
                fan(number), phone(number), score, campaign_id=id, markets=markets, selection=selection
            )
            await store(entry_ports, entry)

    counted = await entry_ports.queries.waitlisted(campaign, [*MARKETS[:4], NOWHERE])

    assert counted == {first: 3, second: 2, third: 1, fourth: 0, NOWHERE: 0}
    assert await entry_ports.queries.waitlisted(campaign, []) == {}
