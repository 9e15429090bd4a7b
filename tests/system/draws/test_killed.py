"""After a SIGKILL of the service, a worker ends a run and a filling: each entry is changed once.

Codes that were being given are shown with the draw, and given by a repeat: each fan gets one.
"""

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2
import pymongo
from pymongo.synchronous.collection import Collection

from adapters.mongo.codes.mapping import new_document
from domain.model.draws.rules import NO_PLACE
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.markets import Preferences
from tests.support.codes import TM, a_batch, texts
from tests.support.registrations import BOS, LAX, NYC
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.world import World, a_world
from tests.system.registrations.stage import Body, Stage, a_stage
from tests.system.watching.worker import worker

ENTRIES: Final = 600
MARKETS: Final = (NYC, BOS, LAX)
PLACES: Final = {NYC: 60, BOS: 40, LAX: 20}
ADDED: Final = {NYC: 50, BOS: 50}
RANDOMNESS: Final = "5ec3e7" * 20
SPARE: Final = 5
"""Codes that are left over."""

Moment = tuple[str, Body]
"""What a collection has at that moment."""
RUNNING: Final[Sequence[Moment]] = (
    ("draws", {"status": "running"}),
    ("draws", {"result": {"$ne": None}}),
    ("entries", {"revision": 1}),
)
FILLING: Final[Sequence[Moment]] = (
    ("draws", {"filling": True}),
    ("draws", {"offers.0": {"$exists": True}}),
    ("entries", {"revision": 2}),
)
GIVING: Final[Sequence[Moment]] = (
    ("draws", {"giving": {"$ne": None}}),
    ("codes", {"status": "reserved"}),
    ("codes", {"status": "assigned"}),
    ("draws", {"giving.closing": True}),
)


async def test_killed_half_way_a_draw_is_ended_by_a_worker(database_url: str, tmp_path: Path) -> None:
    rng = random.Random()
    with a_world() as world:
        campaign = world.open_campaign()
        async with a_stage(world, database_url) as stage:
            stage.seed(campaign, {UserId(f"fan-{one:03}"): _ranking(rng) for one in range(ENTRIES)})
            draw = await stage.posted(campaign, "draws", {"places": PLACES, "beacon": {"kind": "manual"}})
            path = f"draws/{draw['drawId']}"
            await _killed(stage, campaign, f"{path}/run", {"randomness": RANDOMNESS}, RUNNING)
        _ended_by_a_worker(world, database_url, tmp_path / "run.log")
        async with a_stage(world, database_url) as stage:
            ran = await stage.posted(campaign, f"{path}/run", {})
            results = (await stage.client.get(f"/{campaign}/{path}/results.csv", headers=bearer())).content
            given = _markets(results)
            assert hashlib.sha256(results).hexdigest() == ran["resultDigest"]
            assert _held(stage.entries(campaign)) == given
            assert {entry.revision for entry in stage.entries(campaign)} == {1}, "one change, one event"
            await _killed(stage, campaign, f"{path}/fill", {"places": ADDED}, FILLING)
        _ended_by_a_worker(world, database_url, tmp_path / "fill.log")
        async with a_stage(world, database_url) as stage:
            filled = await stage.got(campaign, path)
            assert filled["resultDigest"] == ran["resultDigest"]
            (filling,) = filled["fillings"]
            assert filling["offered"] == ADDED
            entries = stage.entries(campaign)
            offered = {one: market for one, market in _held(entries).items() if market != given[one]}
            assert Counter(offered.values()) == ADDED
            assert {one.ballot_id for one in entries if one.revision == 2} == offered.keys()
            rows = stage.stored.database["audit"].find({"campaignId": campaign})
            assert Counter(row["operation"] for row in rows) == {"announceDraw": 1, "runDraw": 2, "fillDraw": 1}
            _stock(stage, campaign, SPARE + len(placed := _placed(entries)))
            await _killed(stage, campaign, f"{path}/codes", {"type": TM}, GIVING)
        async with a_stage(world, database_url) as stage:
            shown = (await stage.got(campaign, path))["givingCodes"]
            assigned = stage.stored.database["codes"].count_documents(
                {"campaignId": campaign, "status": "assigned"}
            )
            assert shown.keys() == {TM} if 0 < assigned < len(placed) else shown.keys() <= {TM}
            codes = await stage.posted(campaign, f"{path}/codes", {"type": TM})
            assert codes["waiting"] == 0
            assert (await stage.got(campaign, path))["givingCodes"] == {}
            assert await stage.posted(campaign, f"{path}/codes", {"type": TM}) == {"given": 0, "waiting": 0}
            pool = list(stage.stored.database["codes"].find({"campaignId": campaign}))
            assert Counter(code["status"] for code in pool) == {"assigned": len(placed), "available": SPARE}
            assert sorted(code["assignedTo"] for code in pool if code["status"] == "assigned") == placed


async def _killed(stage: Stage, campaign: str, path: str, body: Body, moments: Sequence[Moment]) -> None:
    """At one of these moments, or a little later."""
    calling = asyncio.create_task(stage.post(campaign, path, body))
    collection, wanted = random.choice(moments)
    stored = stage.stored.database[collection]
    while not stored.find_one({"campaignId": campaign} | wanted) and not calling.done():
        await asyncio.sleep(0.001)
    await asyncio.sleep(random.uniform(0, 0.05))
    stage.service.kill()
    with contextlib.suppress(httpx2.TransportError):
        await calling


def _ended_by_a_worker(world: World, database_url: str, log: Path) -> None:
    """As if the claim of the killed process had lapsed."""
    client: pymongo.MongoClient[Body]
    with (
        pymongo.MongoClient(database_url) as client,
        worker(world.settings | {"FANGATE_STORE": database_url}, log),
    ):
        draws: Collection[Body] = client.get_default_database()["draws"]
        claimed = {"unfinished": True, "claimedUntil": {"$ne": None}}
        draws.update_many(claimed, {"$set": {"claimedUntil": datetime.now(UTC)}})
        eventually(lambda: draws.count_documents({"unfinished": True}), lambda left: left == 0)


def _ranking(rng: random.Random) -> Preferences:
    return tuple(rng.sample(MARKETS, rng.randint(1, len(MARKETS))))


def _markets(results: bytes) -> dict[str, str]:
    lines = [line.split(",") for line in results.decode().splitlines()]
    return {one[0]: one[1] for one in lines}


def _placed(entries: list[Entry]) -> list[str]:
    return sorted(entry.user_id for entry in entries if entry.allocation)


def _stock(stage: Stage, campaign: str, count: int) -> None:
    """Codes in the pool, as an import stores them."""
    batch = a_batch(texts("CODE", count), campaign_id=CampaignId(campaign))
    stage.stored.database["codes"].insert_many(new_document(batch, line, code) for line, code in batch.rows)


def _held(entries: list[Entry]) -> dict[str, str]:
    """By ballot, as the result says it."""
    places = ((one.ballot_id or "", one.allocation) for one in entries)
    return {ballot_id: place.market if place else NO_PLACE for ballot_id, place in places}
