"""Registrations are counted by status, and by market and rank."""

import pytest

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import MarketCount, RegisteredMarket
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId
from tests.support.registrations import BOS, LAX, MINUTE, NOON, NYC, SFO, TOUR
from tests.usecases.registrations.scene import Scene

PENDING, CONFIRMED = EntryStatus


def _market(market: MarketId, by_rank: tuple[int, int, int, int], *, confirmed: int) -> RegisteredMarket:
    return RegisteredMarket(all=MarketCount(market=market, by_rank=by_rank), confirmed=confirmed)


async def test_every_registration_is_counted_by_status_market_and_rank(scene: Scene) -> None:
    await scene.fan("ann").confirmed(markets=[NYC, BOS])
    await scene.fan("bob").confirmed(markets=[LAX, NYC, BOS, SFO])
    await scene.fan("cy").register(markets=[BOS, SFO, NYC])
    await scene.fan("di").register(markets=[LAX])
    scene.wait(MINUTE)

    counted = await scene.use_cases.registrations.count(TOUR)

    assert counted.as_of == NOON + MINUTE
    assert counted.counts.by_status == {PENDING: 2, CONFIRMED: 2}
    assert counted.counts.by_market == [
        _market(NYC, (1, 1, 1, 0), confirmed=2),
        _market(BOS, (1, 1, 1, 0), confirmed=2),
        _market(LAX, (2, 0, 0, 0), confirmed=1),
        _market(SFO, (0, 1, 0, 1), confirmed=1),
    ]


async def test_counts_follow_every_change(scene: Scene) -> None:
    ann = scene.fan("ann")
    await ann.confirmed(markets=[NYC, BOS])

    await ann.register(phone=scene.a_phone())
    counts = (await scene.use_cases.registrations.count(TOUR)).counts
    assert counts.by_status == {PENDING: 1, CONFIRMED: 0}
    assert counts.by_market[0] == _market(NYC, (1, 0, 0, 0), confirmed=0)

    await scene.transfer(NYC, LAX)
    counts = (await scene.use_cases.registrations.count(TOUR)).counts
    assert [one.all.by_rank for one in counts.by_market] == [
        (0, 0, 0, 0),
        (0, 1, 0, 0),
        (1, 0, 0, 0),
        (0, 0, 0, 0),
    ]


async def test_the_markets_counted_are_those_of_the_campaign_now(scene: Scene) -> None:
    await scene.fan("ann").confirmed(markets=[NYC, BOS])
    scene.opens(markets=(BOS, LAX))

    counts = (await scene.use_cases.registrations.count(TOUR)).counts

    assert counts.by_status == {PENDING: 0, CONFIRMED: 1}
    assert [one.all for one in counts.by_market] == [
        MarketCount(market=BOS, by_rank=(0, 1, 0, 0)),
        MarketCount(market=LAX, by_rank=(0, 0, 0, 0)),
    ]


async def test_of_a_campaign_without_registrations_there_are_zeros(scene: Scene) -> None:
    await scene.fan("ann").elsewhere(scene.opens("other")).register()

    counts = (await scene.use_cases.registrations.count(TOUR)).counts

    assert counts.by_status == {PENDING: 0, CONFIRMED: 0}
    assert {one.all.by_rank for one in counts.by_market} == {(0, 0, 0, 0)}


async def test_of_an_unknown_campaign_there_is_no_count(scene: Scene) -> None:
    with pytest.raises(CampaignNotFound):
        await scene.use_cases.registrations.count(CampaignId("unknown"))
