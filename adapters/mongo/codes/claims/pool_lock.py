"""A lock for the processes that claim from one pool: a lease in the collection ``turns``.

No correctness rests on it. It only keeps claims from taking parts of the last codes from each other.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pymongo.errors
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw

LEASE: Final = timedelta(seconds=3)
"""The lease of a process that died ends after this time."""
PATIENCE_SECONDS: Final = 4.0
PAUSE_SECONDS: Final = (0.005, 0.025)


class PoolLock:
    def __init__(self, leases: AsyncCollection[Raw]) -> None:
        self._leases = leases

    @asynccontextmanager
    async def held(self, pool: str) -> AsyncIterator[None]:
        """Wait for the lease of this pool, and end it afterwards. After PATIENCE_SECONDS go on without it."""
        owner = uuid.uuid4().hex
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await self._take(pool, owner):  # noqa: ASYNC110  # the other holders are other processes
                    await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
        except TimeoutError:
            pass
        try:
            yield
        finally:
            await self._leases.delete_one({"_id": pool, "owner": owner})

    async def _take(self, pool: str, owner: str) -> bool:
        now = datetime.now(UTC)
        lease = {"owner": owner, "until": now + LEASE}
        try:
            await self._leases.update_one({"_id": pool, "until": {"$lte": now}}, {"$set": lease}, upsert=True)
        except pymongo.errors.DuplicateKeyError:
            return False
        return True
