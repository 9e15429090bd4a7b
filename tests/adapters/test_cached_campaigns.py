"""The cache of campaigns: limits of age and size, and one request for simultaneous callers."""

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.platform.cached import MAX_AGE_SECONDS, CachedCampaigns
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from tests.support.registrations import TOUR, Seconds, a_campaign


@dataclass(slots=True)
class Scripted:
    """Campaigns that record their requests, and answer when the test allows it."""

    requests: list[str] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False

    async def get(self, campaign_id: CampaignId) -> Campaign:
        self.requests.append(campaign_id)
        await self.may_answer.wait()
        if self.broken:
            raise Unavailable("campaigns")
        return a_campaign(campaign_id)


@pytest.fixture
def scripted() -> Scripted:
    source = Scripted()
    source.may_answer.set()
    return source


async def test_a_campaign_is_cached_for_less_than_thirty_seconds(scripted: Scripted) -> None:
    seconds = Seconds()
    cached = CachedCampaigns(scripted, seconds=seconds)
    await cached.get(TOUR)

    seconds.now += 29.9
    await cached.get(TOUR)
    assert len(scripted.requests) == 1

    seconds.now += 0.1
    await cached.get(TOUR)
    assert len(scripted.requests) == 2


async def test_its_age_counts_from_the_request(scripted: Scripted) -> None:
    seconds = Seconds()
    cached = CachedCampaigns(scripted, seconds=seconds)
    scripted.may_answer.clear()
    asking = asyncio.create_task(cached.get(TOUR))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    seconds.now += 2
    scripted.may_answer.set()
    await asking

    seconds.now += MAX_AGE_SECONDS - 2
    await cached.get(TOUR)

    assert len(scripted.requests) == 2


async def test_a_hundred_callers_at_once_ask_the_service_once(scripted: Scripted) -> None:
    cached = CachedCampaigns(scripted)

    answers = await asyncio.gather(*(cached.get(TOUR) for _ in range(100)))

    assert answers == [a_campaign()] * 100
    assert scripted.requests == [TOUR]


async def test_a_failure_reaches_all_callers_that_wait_and_is_not_remembered(scripted: Scripted) -> None:
    cached = CachedCampaigns(scripted)
    scripted.broken = True
    failures = await asyncio.gather(*(cached.get(TOUR) for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [Unavailable] * 3

    scripted.broken = False

    assert await cached.get(TOUR) == a_campaign()


async def test_a_caller_that_goes_away_does_not_take_the_answer_along(scripted: Scripted) -> None:
    cached = CachedCampaigns(scripted)
    scripted.may_answer.clear()
    first, second = (asyncio.create_task(cached.get(TOUR)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait([first])
    scripted.may_answer.set()

    assert await second == a_campaign()
    assert first.cancelled()
    assert scripted.requests == [TOUR]


async def test_the_cache_has_a_maximum_size(scripted: Scripted) -> None:
    cached = CachedCampaigns(scripted, size=2)
    for id in ("one", "two", "three"):
        await cached.get(CampaignId(id))

    await cached.get(CampaignId("three"))
    await cached.get(CampaignId("two"))
    await cached.get(CampaignId("one"))

    assert scripted.requests == ["one", "two", "three", "one"]


async def test_the_campaign_with_the_oldest_request_leaves_first(scripted: Scripted) -> None:
    seconds = Seconds()
    cached = CachedCampaigns(scripted, size=2, seconds=seconds)
    for id in ("one", "two"):
        await cached.get(CampaignId(id))
    seconds.now += MAX_AGE_SECONDS

    for id in ("one", "three", "one"):
        await cached.get(CampaignId(id))

    assert scripted.requests == ["one", "two", "one", "three"]
