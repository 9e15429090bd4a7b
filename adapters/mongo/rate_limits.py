"""Buckets of tokens in MongoDB: a document a bucket, changed in one step that has a condition."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from beanie import Document
from pymongo import IndexModel, UpdateOne, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import Raw
from adapters.mongo.errors import translated
from adapters.mongo.lookups import Lookups, as_stored
from adapters.mongo.phones.digests import keyed
from adapters.mongo.stored_documents import STORED, UP
from adapters.mongo.writes import Writes
from domain.model.ids import UserId
from ports.system import CALLS, RateLimit, subject_of

UNSAFE: Final = WriteConcern(w=1, j=False)
"""A lost bucket does no harm, so no caller waits for the journal and the other servers."""
LATEST: Final = ReadConcern("local")
"""Reads what such a write has just written."""


class RateLimitDocument(Document):
    """``id`` is a keyed digest of the caller or address that is counted."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    full_at: datetime
    """When the bucket will have all its tokens again."""
    granted: bool = True
    """Version 0.1 wrote it."""

    class Settings:
        name = "rateLimits"
        indexes: ClassVar = [
            # A full bucket is like one never used; the minute is for clocks that disagree.
            IndexModel([("fullAt", UP)], name="full", expireAfterSeconds=60)
        ]


class MongoRateLimits:
    """Takes that wait at the same time share one bulk write; each is an update of its own, with a condition."""

    def __init__(self, buckets: AsyncCollection[Raw], digest_key: bytes) -> None:
        self._key = digest_key
        unsafe = buckets.with_options(write_concern=UNSAFE, read_concern=LATEST)
        self._writes = Writes(unsafe)
        self._lookups = Lookups(unsafe, {"fullAt": 1}, convert=as_stored)

    @translated
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        id, latest = keyed(subject, self._key), now + limit.fill_time - limit.interval
        write = _taken(id, limit, now, latest)

        async def attempt() -> timedelta | Lost | None:
            if not await self._writes.refused_by(write):
                return None
            bucket = await self._lookups.get(id)
            empty = bucket is not None and bucket["fullAt"] > latest
            return bucket["fullAt"] - latest if bucket and empty else LOST

        return await until_stored(attempt)

    def of_person(self, user_id: UserId) -> Raw:
        """The buckets of a person's calls."""
        return {"_id": {"$in": [keyed(subject_of(call, user_id), self._key) for call in CALLS]}}


def _taken(id: str, limit: RateLimit, now: datetime, latest: datetime) -> UpdateOne:
    """A bucket that is full after ``latest`` has no token: it is not found, and its key is taken.

    The key is taken, too, when another caller makes the bucket in the same moment.
    """
    full_at: Any = {"$add": [{"$max": ["$fullAt", now]}, limit.interval // timedelta(milliseconds=1)]}
    return UpdateOne(
        {"_id": id, "fullAt": {"$not": {"$gt": latest}}}, [{"$set": {"fullAt": full_at}}], upsert=True
    )
