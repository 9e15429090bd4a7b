"""The messages that wait in the entries' own documents."""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw
from adapters.mongo.entry_mapping import to_message
from adapters.mongo.errors import translated
from adapters.mongo.mapping import key
from domain.model.events import StoredMessage


class MongoOutbox:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries

    @translated
    async def pending(self, limit: int) -> Sequence[StoredMessage]:
        cursor = self._entries.find(
            {"outboxAt": {"$exists": True}}, {"campaignId": 1, "userId": 1, "outbox": 1}, limit=limit
        )
        documents = await cursor.sort("outboxAt", 1).to_list(None)
        waiting = [to_message(document, stored) for document in documents for stored in document["outbox"]]
        return waiting[:limit]

    @translated
    async def done(self, messages: Sequence[StoredMessage]) -> None:
        of_entry: defaultdict[str, list[str]] = defaultdict(list)
        for message in messages:
            of_entry[key(message.campaign_id, message.user_id)].append(message.id)
        if of_entry:
            writes = [UpdateOne({"_id": entry}, _without(ids)) for entry, ids in of_entry.items()]
            await self._entries.bulk_write(writes, ordered=False)


def _without(ids: list[str]) -> list[Raw]:
    """What is left, and since when the oldest of it waits."""
    left = {"$filter": {"input": "$outbox", "cond": {"$not": {"$in": ["$$this.id", ids]}}}}
    oldest = {"$ifNull": [{"$first": "$outbox.at"}, "$$REMOVE"]}
    return [{"$set": {"outbox": left}}, {"$set": {"outboxAt": oldest}}]
