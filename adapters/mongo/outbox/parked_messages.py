"""Parked messages: a collection of their own, until an operator puts them back into their entries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from pymongo import DeleteOne, ReplaceOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.keys import with_campaign_keys
from adapters.mongo.outbox.mapping import changed, entry_key, entry_of, parked_row, to_parked, without
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import StoredMessage, without_personal_data
from domain.model.messaging.relaying import MAX_WAITING, Parked, ParkedPosition, channel_of
from domain.model.registrations.entry import EntryEvent

_SHOWN: Final = {"withdrawnRevision": 1, "status": 1}


class ParkedMessages:
    """A message of an entry that was withdrawn later has no personal data here, whichever came first.

    A withdrawal changes the entry, then the parked messages. Parking stores the message, then looks at the entry.
    """

    def __init__(self, entries: AsyncCollection[Raw], parked: AsyncCollection[Raw]) -> None:
        self._entries = entries
        self._parked = parked

    async def park(self, messages: Sequence[Parked]) -> None:
        """Replaced, not kept: a row that is being put back meanwhile is then not the one that is deleted."""
        rows = [parked_row(parked) for parked in messages]
        await self._parked.bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows])
        await self._without_personal_data([one.message for one in messages])

    async def withdraw(self, campaign_id: CampaignId, user_id: UserId) -> None:
        """After the entry was withdrawn: remove the personal data of its parked messages."""
        found = self._parked.find({"userId": user_id, "campaignId": campaign_id}, max_time_ms=READ_MS)
        await self._without_personal_data([to_parked(row).message for row in await found.to_list(None)])

    async def _without_personal_data(self, messages: Sequence[StoredMessage]) -> None:
        if not messages:
            return
        entries = with_campaign_keys([entry_key(message) for message in messages])
        found = self._entries.find(entries, _SHOWN, max_time_ms=READ_MS)
        by_id = {document["_id"]: document for document in await found.to_list(None)}
        reduced = (_reduced(message, by_id.get(entry_key(message))) for message in messages)
        if writes := [write for write in reduced if write is not None]:
            await self._parked.bulk_write(writes, ordered=False)

    async def count_of_person(self, user_id: UserId) -> int:
        return await self._parked.count_documents(_of_person(user_id), maxTimeMS=READ_MS)

    async def erase(self, user_id: UserId, _: UserId, __: datetime) -> None:
        await self._parked.delete_many(_of_person(user_id))

    async def list(
        self, campaign_id: CampaignId | None, limit: int, after: ParkedPosition | None
    ) -> Sequence[Parked]:
        wanted = {} if campaign_id is None else {"campaignId": campaign_id}
        return await self._found(wanted | _behind(after), limit)

    async def of_entry(self, campaign_id: CampaignId, user_id: UserId) -> Sequence[Parked]:
        return await self._found({"userId": user_id, "campaignId": campaign_id}, MAX_WAITING)

    async def _found(self, wanted: Raw, limit: int) -> Sequence[Parked]:
        cursor = self._parked.find(wanted, limit=limit, max_time_ms=READ_MS).sort([("parkedAt", 1), ("_id", 1)])
        return [to_parked(document) for document in await cursor.to_list(None)]

    async def count(self) -> int:
        return await self._parked.estimated_document_count(maxTimeMS=READ_MS)

    async def put_back(self, ids: Collection[str] | None) -> Sequence[str]:
        """A message goes before the messages of its entry that have the same or a later revision."""
        put_back = []
        wanted = {} if ids is None else {"_id": {"$in": [*ids]}}
        async for document in self._parked.find(wanted, max_time_ms=READ_MS):
            message = to_parked(document).message
            found = await self._entries.update_one(
                entry_of(message),
                changed(_with(document["message"], message), channel_of(message.about)),
            )
            if found.matched_count:
                # Only this very row: the message may have been refused and parked again meanwhile.
                await self._parked.delete_one({"_id": message.id, "parkedAt": document["parkedAt"]})
                put_back.append(message.id)
        return put_back


def _reduced(message: StoredMessage, entry: Raw | None) -> DeleteOne | UpdateOne | None:
    """None for a message of an entry, or of a later registration."""
    if entry is not None and message.revision > (entry.get("withdrawnRevision") or 0):
        return None
    kept = without_personal_data(message)
    erased = entry is None or entry["status"] == "erased"
    if kept is None or (erased and message.about is not EntryEvent.ERASED):
        return DeleteOne({"_id": message.id})
    return UpdateOne({"_id": message.id}, {"$set": {"message.data": kept.data}})


def _behind(after: ParkedPosition | None) -> Raw:
    """The time bounds the index; messages of the same time are told apart by their ids."""
    if after is None:
        return {}
    earlier = {"parkedAt": after.since, "_id": {"$lte": after.id}}
    return {"parkedAt": {"$gte": after.since}, "$nor": [earlier]}


def _of_person(user_id: UserId) -> Raw:
    """All but the events of erasures: they are still to be published."""
    return {"userId": user_id, "message.about": {"$ne": EntryEvent.ERASED.value}}


def _with(stored: Raw, message: StoredMessage) -> Raw:
    """The messages and this one, at the place that its revision gives it."""
    others = without([stored["id"]])
    earlier, later = (
        {"$filter": {"input": others, "cond": {operator: ["$$this.revision", stored["revision"]]}}}
        for operator in ("$lt", "$gte")
    )
    return {"$concatArrays": [earlier, _as_kept(stored, message), later]}


def _as_kept(stored: Raw, message: StoredMessage) -> Raw:
    """The message itself, or what is left of it if the entry was withdrawn since.

    Literals: a text that begins with a dollar sign would be read as a field.
    """
    kept = without_personal_data(message)
    reduced = [] if kept is None else [{"$literal": stored | {"data": kept.data}}]
    withdrawn = {"$gte": [{"$ifNull": ["$withdrawnRevision", 0]}, stored["revision"]]}
    return {"$cond": [withdrawn, reduced, [{"$literal": stored}]]}
