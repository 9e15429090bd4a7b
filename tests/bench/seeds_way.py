"""Reserving as the seed describes it: find N free codes, update those still free, retry up to 3 times.

Through the driver alone, without HTTP, tokens or history: the lower limit of its cost.
"""

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.codes.documents import CodeDocument
from adapters.mongo.store import CONNECTION

Raw = dict[str, Any]
RETRIES = 3
HOLD = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class Outcome:
    seconds: float
    served: int = 0
    refused: int = 0

    @property
    def rate(self) -> float:
        return self.served / self.seconds

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.refused + self.served)


def measure(url: str, campaign: str, *, callers: int, warm_up: float, seconds: float) -> Outcome:
    return uvloop.run(_measure(url, campaign, callers, warm_up, seconds))


async def _measure(url: str, campaign: str, callers: int, warm_up: float, seconds: float) -> Outcome:
    outcome = Outcome(seconds=seconds)
    start = time.perf_counter() + warm_up
    client: AsyncMongoClient[Raw] = AsyncMongoClient(url, **(CONNECTION | {"maxPoolSize": callers}))
    async with client:
        codes = client.get_default_database()[CodeDocument.Settings.name]
        await asyncio.gather(
            *(_call(codes, campaign, outcome, start, start + seconds) for _ in range(callers)),
        )
    return outcome


async def _call(codes: AsyncCollection[Raw], campaign: str, outcome: Outcome, start: float, end: float) -> None:
    while time.perf_counter() < end:
        served = await _reserve(codes, campaign, 1)
        if start <= time.perf_counter() < end:
            outcome.served += served
            outcome.refused += not served


async def _reserve(codes: AsyncCollection[Raw], campaign: str, count: int) -> bool:
    reserve_id = uuid.uuid4().hex
    free = {"campaignId": campaign, "type": "tm", "status": "available"}
    for _ in range(1 + RETRIES):
        found = await codes.find(free, {"_id": 1}, limit=count).to_list(None)
        now = datetime.now(UTC)
        hold = {"reserveId": reserve_id, "ordinal": 0, "count": 1, "reservedAt": now, "expiresAt": now + HOLD}
        wanted = {"_id": {"$in": [document["_id"] for document in found]}, "status": "available"}
        result = await codes.update_many(wanted, {"$set": {"status": "reserved", "hold": hold}})
        if result.modified_count == count:
            return True
    return False
