"""Paging through the eligible while they change: no fan is met twice, no fan who stays eligible is left out."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

from domain.model.ids import UserId
from tests.support.fresh import new_phone
from tests.support.registrations import BOS, LAX, NYC
from tests.support.tokens import bearer
from tests.system.registrations.stage import Body, Stage, ok

FANS: Final = 600
STAYING: Final = 300
PAGE: Final = 7
LEVELS: Final = 20
"""Fewer scores than fans: most places are shared."""
ROUNDS: Final = 3


async def test_pages_while_everything_changes(crowded: Stage) -> None:
    """Fans come and go and move between markets and places; one half of them is left in peace."""
    campaign = crowded.world.open_campaign(markets=(NYC, BOS, LAX))
    users = await _scored_fans(crowded, campaign)
    staying, restless = users[:STAYING], users[STAYING:]
    everyone = (await crowded.got(campaign, "entries/scoring", {"limit": FANS}))["records"]
    before = {one["userId"]: one["score"] for one in everyone}
    assert before.keys() == set(users)

    stop = asyncio.Event()
    changing = asyncio.create_task(_change(crowded, campaign, restless, stop))
    walks = [[record async for page in _pages(crowded, campaign, PAGE) for record in page] for _ in range(ROUNDS)]
    exports = [await _exported(crowded, campaign) for _ in range(ROUNDS)]
    stop.set()
    changed = await changing
    assert changed > ROUNDS, "rows did change meanwhile"
    for records in (*walks, *exports):
        _no_fan_is_met_twice(records)
        met = {(one["userId"], one["score"]) for one in records}
        assert met >= {(user, before[user]) for user in staying}, "who stayed eligible is left out"
        _is_in_order(records)


def _no_fan_is_met_twice(records: Sequence[Body]) -> None:
    """A fan who got a lower score meanwhile comes again further down, with the lower score. No other fan comes
    again, and none with the same score."""
    places = Counter((one["userId"], one["score"]) for one in records)
    assert set(places.values()) == {1}
    fell = {user for user, times in Counter(user for user, _ in places).items() if times > 1}
    assert fell <= {user for user, _ in places if _was_rescored(user)}


def _was_rescored(user: str) -> bool:
    return int(user.rpartition("-")[2]) % 4 == 3 and int(user.rpartition("-")[2]) >= STAYING


def _is_in_order(records: Sequence[Body]) -> None:
    places = [(-one["score"], one["userId"]) for one in records]
    assert places == sorted(places)


async def _change(stage: Stage, campaign: str, users: Sequence[str], stop: asyncio.Event) -> int:
    """Out and in again by another phone, by a selection; to another market; to another score."""
    dice, rounds = random.Random(1), 0
    kinds = [[user for user in users if int(user.rpartition("-")[2]) % 4 == kind] for kind in range(4)]
    while not stop.is_set():
        rounds += 1
        picked = [dice.sample(kind, 10) for kind in kinds]
        await asyncio.gather(
            _changes_phones(stage, campaign, picked[0]),
            stage.select(campaign, picked[1], dice.choice(["none", "selected"])),
            stage.transfer(campaign, *dice.sample([NYC, BOS, LAX], 2), userIds=picked[2]),
            stage.score(campaign, {user: dice.randrange(LEVELS) for user in picked[3]}),
        )
    return rounds


async def _changes_phones(stage: Stage, campaign: str, users: Sequence[str]) -> None:
    for user in users[:2]:
        fan = stage.fan(campaign, user)
        stage.world.vouch(user, new_phone())
        ok(await fan.register(new_phone()))
        ok(await fan.register(stage.world.accounts[user]["phone"]))


async def _pages(stage: Stage, campaign: str, limit: int) -> AsyncIterator[list[Body]]:
    cursor: str | None = None
    while True:
        wanted = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = await stage.got(campaign, "entries/scoring", wanted)
        yield page["records"]
        cursor = page["next"]
        if cursor is None:
            return


async def _exported(stage: Stage, campaign: str) -> list[Body]:
    headers = bearer() | {"Accept": "application/x-ndjson"}
    answer = await stage.client.get(f"/{campaign}/entries/scoring", headers=headers)
    *records, end = map(json.loads, answer.text.splitlines())
    assert end == {"end": True, "count": len(records)}
    return list(records)


async def _scored_fans(stage: Stage, campaign: str) -> list[str]:
    users = [f"fan-{number:04}" for number in range(FANS)]
    stage.seed(campaign, {UserId(user): (NYC, BOS) for user in users})
    dice = random.Random(2)
    done = await stage.score(campaign, {user: dice.randrange(LEVELS) for user in users})
    assert done["upserted"] == FANS
    return users
