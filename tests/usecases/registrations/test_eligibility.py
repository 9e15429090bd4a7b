"""Eligibility queries filter by score ranges, market preferences and selection status."""

from typing import Any

import pytest

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import MarketCount, Query, Ranked
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId
from tests.support.registrations import BOS, LAX, MINUTE, NOON, NYC, SFO, TOUR
from tests.usecases.registrations.scene import Fan, Scene

Pool = dict[str, Fan]
NONE, SELECTED, WAITLISTED, DECLINED = Selection


async def _eligible(scene: Scene, query: Query | None = None) -> int:
    return (await scene.use_cases.registrations.count_eligible(TOUR, query or Query())).eligibles.total


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "ann bob cy di ed"),
        ({"min_score": 80}, "ann bob cy"),
        ({"min_score": 80.0001}, "ann"),
        ({"max_score": 80}, "bob cy di ed"),
        ({"min_score": 70.5, "max_score": 70.5}, "di"),
        ({"min_score": 0, "max_score": 0}, "ed"),
        ({"min_score": 100}, ""),
        ({"min_score": 90, "max_score": 10}, ""),
        ({"markets": (NYC,)}, "ann bob cy ed"),
        ({"markets": (LAX, SFO)}, "bob cy di"),
        ({"markets": (LAX, LAX)}, "bob cy"),
        ({"markets": (NYC,), "max_rank": 1}, "ann ed"),
        ({"markets": (NYC,), "max_rank": 2}, "ann bob ed"),
        ({"markets": (NYC,), "max_rank": 3}, "ann bob ed"),
        ({"markets": (NYC,), "max_rank": 4}, "ann bob cy ed"),
        ({"markets": (BOS, SFO), "max_rank": 1}, "bob di"),
        ({"max_rank": 1}, "ann bob cy di ed"),
        ({"selections": (SELECTED,)}, "hal"),
        ({"selections": (SELECTED, NONE)}, "hal ann bob cy di ed"),
        ({"selections": (WAITLISTED, DECLINED)}, ""),
        ({"markets": (BOS,), "max_rank": 2, "min_score": 80, "max_score": 89}, "bob"),
    ],
    ids=str,
)
async def test_filters_are_inclusive_and_count_list_and_export_agree(
    scene: Scene, pool: Pool, filters: dict[str, Any], names: str
) -> None:
    query, wanted = Query(**filters), names.split()

    assert await scene.ranking(query) == wanted
    assert await _eligible(scene, query) == len(wanted)
    pages = [page async for page in await scene.use_cases.registrations.export_eligible(TOUR, query)]
    assert [[one.user_id for one in page] for page in pages] == [wanted]


async def test_the_eligible_are_counted_by_market_and_rank(scene: Scene, pool: Pool) -> None:
    scene.wait(MINUTE)

    counted = await scene.use_cases.registrations.count_eligible(TOUR, Query())

    assert counted.as_of == NOON + MINUTE
    assert counted.eligibles.total == 5
    assert counted.eligibles.by_market == [
        MarketCount(market=NYC, by_rank=(2, 1, 0, 1)),
        MarketCount(market=BOS, by_rank=(1, 1, 1, 0)),
        MarketCount(market=LAX, by_rank=(1, 0, 1, 0)),
        MarketCount(market=SFO, by_rank=(1, 1, 0, 0)),
    ]


async def test_where_markets_are_asked_for_only_those_are_counted_and_within_the_rank(
    scene: Scene, pool: Pool
) -> None:
    counted = await scene.use_cases.registrations.count_eligible(TOUR, Query(markets=(BOS, SFO), max_rank=1))

    assert counted.eligibles.total == 2
    assert counted.eligibles.by_market == [
        MarketCount(market=BOS, by_rank=(1, 0, 0, 0)),
        MarketCount(market=SFO, by_rank=(1, 0, 0, 0)),
    ]


async def test_the_next_answer_knows_of_every_change(scene: Scene, pool: Pool) -> None:
    await pool["ann"].register(markets=[LAX])
    assert await scene.ranking(Query(markets=(NYC,))) == ["bob", "cy", "ed"]
    await scene.score({pool["ed"]: 85})
    assert await scene.ranking() == ["ann", "ed", "bob", "cy", "di"]
    await scene.select(DECLINED, pool["bob"])
    assert await scene.ranking() == ["ann", "ed", "cy", "di"]
    await scene.transfer(LAX, NYC)
    assert await scene.ranking(Query(markets=(NYC,), max_rank=1)) == ["ann", "ed", "cy"]
    await pool["guy"].confirm()
    assert await scene.ranking() == ["guy", "ann", "ed", "cy", "di"]
    await scene.free(pool["ann"].phone)
    assert await scene.ranking() == ["guy", "ed", "cy", "di"]
    assert await _eligible(scene) == 4


async def test_an_eligible_fan_is_listed_with_what_the_allocation_needs(scene: Scene, pool: Pool) -> None:
    page = await scene.use_cases.registrations.rank_eligible(TOUR, Query(), after=None, limit=1)

    assert page.fans == [
        Ranked(
            user_id=UserId("ann"), score=90, selection=NONE, markets=(NYC, BOS), phone_confirmed_at=NOON
        )
    ]  # fmt: skip


# Markets that do not exist.


async def test_a_market_that_does_not_exist_is_named_with_those_that_do(scene: Scene, pool: Pool) -> None:
    query, use_cases = Query(markets=(SFO, MarketId("NYC"))), scene.use_cases
    for ask in (
        lambda: use_cases.registrations.count_eligible(TOUR, query),
        lambda: use_cases.registrations.rank_eligible(TOUR, query, after=None, limit=1),
        lambda: use_cases.registrations.export_eligible(TOUR, query),
    ):
        with pytest.raises(InvalidValue) as refused:
            await ask()
        assert refused.value.field == "market.1"
        assert refused.value.reason.endswith("its markets: nyc, bos, lax, sfo")


async def test_a_market_that_was_withdrawn_is_known_while_fans_have_it_and_after_they_were_moved(
    scene: Scene, pool: Pool
) -> None:
    scene.opens(markets=(BOS, LAX, SFO))

    assert await scene.ranking(Query(markets=(NYC,))) == ["ann", "bob", "cy", "ed"]
    await scene.transfer(NYC, SFO)
    assert await scene.ranking(Query(markets=(NYC,))) == []
    assert await _eligible(scene, Query(markets=(NYC,))) == 0


async def test_of_a_campaign_without_registrations_the_answer_is_zero(scene: Scene) -> None:
    assert await _eligible(scene) == 0
    assert await scene.ranking() == []
    assert [page async for page in await scene.use_cases.registrations.export_eligible(TOUR, Query())] == [[]]


async def test_of_an_unknown_campaign_there_is_no_answer(scene: Scene) -> None:
    unknown, named = CampaignId("unknown"), Query(markets=(NYC,))
    for ask in (
        lambda: scene.use_cases.registrations.count_eligible(unknown, Query()),
        lambda: scene.use_cases.registrations.count_eligible(unknown, named),
        lambda: scene.use_cases.registrations.rank_eligible(unknown, named, after=None, limit=1),
        lambda: scene.use_cases.registrations.export_eligible(unknown, named),
    ):
        with pytest.raises(CampaignNotFound):
            await ask()
