"""Buckets of tokens in MongoDB: a document a bucket, changed in one step."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import pymongo
import pymongo.errors
from beanie import Document
from pymongo import IndexModel, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.stored_documents import STORED, UP
from ports.system import RateLimit

UNSAFE: Final = WriteConcern(w=1, j=False)
"""A lost bucket does no harm, so no caller waits for the journal and the other servers."""


class RateLimitDocument(Document):
    """``id`` is a digest of the caller or address that is counted."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    full_at: datetime
    """When the bucket will have all its tokens again."""
    granted: bool
    """Did the last request get a token?"""

    class Settings:
        name = "rateLimits"
        indexes: ClassVar = [
            # A full bucket is like one never used; the minute is for clocks that disagree.
            IndexModel([("fullAt", UP)], name="full", expireAfterSeconds=60)
        ]


class MongoRateLimits:
    def __init__(self, buckets: AsyncCollection[Raw]) -> None:
        self._buckets = buckets.with_options(write_concern=UNSAFE)

    @translated
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        latest = now + limit.fill_time - limit.interval
        bucket = await until_stored(lambda: self._attempt(_digest(subject), _taken(limit, now, latest)))
        return None if bucket["granted"] else bucket["fullAt"] - latest

    async def _attempt(self, id: str, update: list[Raw]) -> Raw | Lost:
        try:
            bucket = await self._buckets.find_one_and_update(
                {"_id": id}, update, upsert=True, return_document=pymongo.ReturnDocument.AFTER, maxTimeMS=READ_MS
            )
        except pymongo.errors.DuplicateKeyError:  # Another caller made the bucket in the same moment.
            return LOST
        assert bucket is not None, "it is made if it is not there"
        return bucket


def _taken(limit: RateLimit, now: datetime, latest: datetime) -> list[Raw]:
    """A bucket that is full after ``latest`` has no token: it stays as it is."""
    added: Any = {"$add": ["$fullAt", limit.interval // timedelta(milliseconds=1)]}
    return [
        {"$set": {"fullAt": {"$max": ["$fullAt", now]}}},
        {"$set": {"granted": {"$lte": ["$fullAt", latest]}}},
        {"$set": {"fullAt": {"$cond": ["$granted", added, "$fullAt"]}}},
    ]


def _digest(subject: str) -> str:
    """Keys get into error messages and logs; addresses and users must not."""
    return hashlib.sha256(subject.encode()).hexdigest()
