"""Leases among the workers of one database: one document, changed by compare-and-set, by the server's clock."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pymongo.errors
from beanie import Document
from pydantic import BaseModel
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.stored_documents import STORED
from domain.model.messaging.leases import Share, Shares
from ports.system import SharesChange

RELAY: Final = "relay"


class StoredShare(BaseModel):
    model_config = STORED

    worker: str
    until: datetime
    slots: list[int]
    """Partitions of the relay."""


class LeasesDocument(Document):
    """There is one, ``relay``."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    version: int
    shares: list[StoredShare]

    class Settings:
        name = "leases"


class MongoLeases:
    def __init__(self, leases: AsyncCollection[Raw]) -> None:
        self._leases = leases

    @translated
    async def current(self) -> tuple[Shares, datetime]:
        found = await self._read()
        return (_to_shares(found["shares"]), found["now"]) if found else (Shares(), datetime.now(UTC))

    @translated
    async def change(self, change: SharesChange) -> tuple[Shares, datetime]:
        """The time is read before the write that rests on it: a lease is rather too short than too long."""
        return await until_stored(lambda: self._attempt(change))

    async def _attempt(self, change: SharesChange) -> tuple[Shares, datetime] | Lost:
        document = await self._read()
        if document is None:
            await self._begin()
            return LOST
        after = change(_to_shares(document["shares"]), document["now"])
        stored = {"version": document["version"] + 1, "shares": _from_shares(after)}
        result = await self._leases.update_one({"_id": RELAY, "version": document["version"]}, {"$set": stored})
        return (after, document["now"]) if result.matched_count else LOST

    async def _read(self) -> Raw | None:
        wanted = {"version": 1, "shares": 1, "now": "$$NOW"}
        return await self._leases.find_one({"_id": RELAY}, wanted, max_time_ms=READ_MS)

    async def _begin(self) -> None:
        with suppress(pymongo.errors.DuplicateKeyError):  # Another worker was faster.
            await self._leases.insert_one({"_id": RELAY, "version": 0, "shares": []})


def _to_shares(stored: Sequence[Raw]) -> Shares:
    return Shares(
        tuple(
            Share(worker=one["worker"], until=one["until"], partitions=frozenset(one["slots"])) for one in stored
        )
    )


def _from_shares(shares: Shares) -> list[Raw]:
    return [
        {"worker": share.worker, "until": share.until, "slots": sorted(share.partitions)}
        for share in shares.shares
    ]
