"""A transfer that is cut off by SIGKILL and repeated ends as one that was not (entry-service REQ-005)."""

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

import httpx2
from pymongo.synchronous.collection import Collection

from domain.model.ids import UserId
from domain.model.registrations.entry import EntryEvent
from domain.model.registrations.markets import MarketId, Preferences, Transfer
from tests.support.registrations import BOS, LAX, NYC, SFO
from tests.support.world import World
from tests.system.registrations.stage import Body, Stage, a_stage

ENTRIES: Final = 6_000
PATIENCE_SECONDS: Final = 60.0
MOVE: Final = Transfer(source=NYC, target=BOS)

Ranking = Mapping[UserId, Preferences]


async def test_killed_half_way_and_repeated_a_transfer_is_complete(world: World, database_url: str) -> None:
    killed, spared = world.open_campaign(), world.open_campaign()
    before = _some_rankings()
    async with a_stage(world, database_url) as stage:
        for campaign in (killed, spared):
            stage.seed(campaign, before)
        whole = await stage.transfer(spared, NYC, BOS)
        await _killed_in_the_middle(stage, killed)

    async with a_stage(world, database_url) as stage:
        rest = await stage.transfer(killed, NYC, BOS)
        assert 0 < rest["matched"] < whole["matched"], "it was the middle"
        assert await stage.transfer(killed, NYC, BOS) == {"matched": 0, "moved": 0, "merged": 0}
        after = {user: MOVE.apply(ranked) for user, ranked in before.items()}
        for campaign in (killed, spared):
            assert _rankings(stage, campaign) == after
            _each_was_told_once(stage, campaign, before)


async def test_a_dry_run_counts_and_changes_nothing(strict: Stage) -> None:
    campaign = strict.world.open_campaign()
    before = dict(itertools.islice(_some_rankings().items(), 500))
    strict.seed(campaign, before)
    stored = strict.documents(campaign)
    announced = await strict.transfer(campaign, NYC, BOS, dryRun=True)
    assert strict.documents(campaign) == stored
    merging = sum(MOVE.merges(ranked) for ranked in before.values())
    matching = sum(MOVE.concerns(ranked) for ranked in before.values())
    assert announced == {"matched": matching, "moved": matching - merging, "merged": merging}
    assert await strict.transfer(campaign, NYC, BOS) == announced


async def _killed_in_the_middle(stage: Stage, campaign: str) -> None:
    transferring = asyncio.create_task(stage.transfer(campaign, NYC, BOS))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _has_begun(stage.stored, campaign):
        assert time.monotonic() < deadline, "the transfer did not begin"
        await asyncio.sleep(0.001)
    stage.service.kill()
    with contextlib.suppress(httpx2.TransportError):
        await transferring


def _has_begun(stored: Collection[Body], campaign: str) -> bool:
    return stored.find_one({"campaignId": campaign, "revision": {"$gt": 0}}, {"_id": 1}) is not None


def _some_rankings() -> Ranking:
    """Every order of one to four markets, dealt out anew in each test run's own way but always the same."""
    orders = [order for size in (1, 2, 3, 4) for order in itertools.permutations((NYC, BOS, LAX, SFO), size)]
    dealt = random.Random(5).choices(orders, k=ENTRIES)
    return {UserId(f"fan-{number:05}"): order for number, order in enumerate(dealt)}


def _rankings(stage: Stage, campaign: str) -> dict[UserId, tuple[MarketId, ...]]:
    return {entry.user_id: entry.details.markets for entry in stage.entries(campaign)}


def _each_was_told_once(stage: Stage, campaign: str, before: Ranking) -> None:
    moved = sum(MOVE.concerns(ranked) for ranked in before.values())
    documents = stage.documents(campaign)
    abouts = Counter(message["about"] for one in documents for message in one.get("outbox", ()))
    assert abouts[EntryEvent.TRANSFERRED] == moved
    assert Counter(one["revision"] for one in documents) == {1: moved, 0: ENTRIES - moved}
