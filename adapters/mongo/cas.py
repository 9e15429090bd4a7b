"""Compare-and-set: read a document, decide, and write it only if it has not changed meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final, Literal, TypeVar

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw
from adapters.mongo.lookups import Lookups
from adapters.mongo.writes import Writes

T = TypeVar("T")

PAUSE_SECONDS: Final = 0.01
"""The longest pause after a lost race. It is random, so that the losers do not meet again."""


class Race(Enum):
    LOST = "lost"


Lost = Literal[Race.LOST]
LOST: Final = Race.LOST


async def until_stored(attempt: Callable[[], Awaitable[T | Lost]]) -> T:
    """Repeat ``attempt`` while another writer is faster.

    Without a bound: a race is lost only when another write was made, so some writer always gets on. A database
    that does not answer ends the attempt with an exception.
    """
    while (outcome := await attempt()) is LOST:  # noqa: ASYNC110  # the other writers are in other processes
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
    return outcome


class VersionedDocuments:
    """Small documents, each changed by compare-and-set on its ``version``."""

    def __init__(self, collection: AsyncCollection[Raw]) -> None:
        self._lookups = Lookups(collection, {})
        self._writes = Writes(collection)

    async def get(self, id: str) -> Raw | None:
        return await self._lookups.get(id)

    async def change(self, id: str, decide: Callable[[Raw | None], tuple[T, Raw | None]]) -> T:
        """``decide`` returns an answer and the update, None to leave the document as it is.

        It runs again on the newer document when another change was faster. A document that is not there is made.
        """

        async def attempt() -> T | Lost:
            stored = await self.get(id)
            answer, update = decide(stored)
            return answer if update is None or await self._replaced(id, stored, update) else LOST

        return await until_stored(attempt)

    async def _replaced(self, id: str, stored: Raw | None, update: Raw) -> bool:
        version = stored["version"] if stored else 0
        write = UpdateOne({"_id": id, "version": version}, update | {"$inc": {"version": 1}}, upsert=True)
        return not await self._writes.refused_by(write)
