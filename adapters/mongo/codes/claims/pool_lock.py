"""Taking turns across processes, by a lease in the database.

Only politeness rests on it, never correctness: whoever waits too long goes on without.
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
"""After which a turn whose holder died is anyone's."""
PATIENCE_SECONDS: Final = 4.0
PAUSE_SECONDS: Final = (0.005, 0.025)


class Turns:
    def __init__(self, leases: AsyncCollection[Raw]) -> None:
        self._leases = leases

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait until nobody else has the turn ``name``, take it, and give it back at the end."""
        owner = uuid.uuid4().hex
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await self._take(name, owner):  # noqa: ASYNC110  # others are in other processes
                    await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
        except TimeoutError:
            pass
        try:
            yield
        finally:
            await self._leases.delete_one({"_id": name, "owner": owner})

    async def _take(self, name: str, owner: str) -> bool:
        now = datetime.now(UTC)
        lease = {"owner": owner, "until": now + LEASE}
        try:
            await self._leases.update_one({"_id": name, "until": {"$lte": now}}, {"$set": lease}, upsert=True)
        except pymongo.errors.DuplicateKeyError:
            return False
        return True
