"""Compare-and-set: read a document, decide, and write it only if it has not changed meanwhile."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final, Literal, TypeVar

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw
from adapters.mongo.keys import NEVER_INSERT
from adapters.mongo.lookups import Lookups, as_stored
from adapters.mongo.writes import Writes
from domain.model.errors import DomainError

T = TypeVar("T")

Decide = Callable[[Raw | None], tuple[T, Raw | None]]

REMEMBERED: Final = 500
"""Documents of a kind that a process remembers as it wrote them."""
REMEMBERED_SECONDS: Final = 5.0
"""As long as a request takes: what is erased elsewhere must not come back from here."""
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
        self._lookups = Lookups(collection, {}, convert=as_stored)
        self._writes = Writes(collection)
        self._written: dict[str, tuple[float, Raw]] = {}
        """The documents written last, as they were written, and when. A request often changes one twice."""

    async def get(self, id: str) -> Raw | None:
        return await self._lookups.get(id)

    async def change(self, id: str, decide: Decide[T], *, probably_new: bool = False) -> T:
        """``decide`` returns an answer and the update, None to leave the document as it is.

        It runs again on the newer document when another change was faster. A document that is not there is made.
        ``probably_new``: the document is seldom there. Then one write makes it, without a read before.
        """
        expected = self._remembered(id)
        if expected is not None or probably_new:
            answer = await self._guessed(id, expected, decide)
            if answer is not LOST:
                return answer

        async def attempt() -> T | Lost:
            stored = await self.get(id)
            answer, update = decide(stored)
            return answer if update is None or await self._replaced(id, stored, update) else LOST

        return await until_stored(attempt)

    def _remembered(self, id: str) -> Raw | None:
        at, document = self._written.pop(id, (0.0, None))
        return document if time.monotonic() - at < REMEMBERED_SECONDS else None

    async def _guessed(self, id: str, expected: Raw | None, decide: Decide[T]) -> T | Lost:
        """Make the change if the document is what this process expects. Only a write proves it: a refusal, or an
        answer without a write, is decided anew on the document as it is."""
        try:
            answer, update = decide(expected)
        except DomainError:
            return LOST
        return answer if update is not None and await self._replaced(id, expected, update) else LOST

    async def _replaced(self, id: str, stored: Raw | None, update: Raw) -> bool:
        version = stored["version"] if stored else 0
        change = update | {"$inc": {"version": 1}} | (NEVER_INSERT if stored else {})
        write = UpdateOne({"_id": id, "version": version}, change, upsert=True)
        if await self._writes.refused_by(write):
            return False
        if len(self._written) >= REMEMBERED:
            del self._written[next(iter(self._written))]
        self._written[id] = time.monotonic(), (stored or {}) | update["$set"] | {"version": version + 1}
        return True
