"""The record of published events: the ids of erased persons in it."""

import re

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw


class Ledger:
    """It has no index of persons, so each of these reads a week of it: one document for each batch of events."""

    def __init__(self, published: AsyncCollection[Raw]) -> None:
        self._published = published

    async def count(self, user_id: str) -> int:
        """How many batches have events of the person."""
        return await self._published.count_documents(_of(user_id), maxTimeMS=READ_MS)

    async def replace(self, user_id: str, pseudonym: str) -> None:
        campaign = {"$arrayElemAt": [{"$split": ["$$this.subject", "/"]}, 0]}
        theirs = {"$eq": ["$$this.subject", {"$concat": [campaign, {"$literal": f"/{user_id}"}]}]}
        subject = {"$concat": [campaign, {"$literal": f"/{pseudonym}"}]}
        event = {"$mergeObjects": ["$$this", {"subject": {"$cond": [theirs, subject, "$$this.subject"]}}]}
        await self._published.update_many(
            _of(user_id), [{"$set": {"events": {"$map": {"input": "$events", "in": event}}}}]
        )


def _of(user_id: str) -> Raw:
    """A campaign's id has no slash."""
    return {"events.subject": {"$regex": f"^[A-Za-z0-9_-]{{1,64}}/{re.escape(user_id)}$"}}
