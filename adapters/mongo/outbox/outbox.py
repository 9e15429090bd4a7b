"""The messages that wait in the entries' own documents, and those that have left them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import pymongo
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of
from adapters.mongo.outbox.ledger import Ledger
from adapters.mongo.outbox.mapping import (
    DUE,
    PARTITION,
    TEXTS,
    first_due,
    published_row,
    to_message,
)
from adapters.mongo.outbox.parked_messages import ParkedMessages
from adapters.mongo.outbox.updates import by_campaign, emptied, put_off, thinned
from adapters.mongo.scatter import ADOPTED_MESSAGES, RELAY_DUE, RELAY_STANDING
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import PARTITIONS, partition_of
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import (
    Channel,
    EntryMessages,
    Parked,
    ParkedPosition,
    Settlement,
    Standing,
)
from domain.model.registrations.entry import EntryEvent

SHOWN: Final = {"campaignId": 1, "userId": 1, "outbox": 1}
WITHOUT_CONTENT: Final = {"campaignId": 1, "userId": 1} | {
    f"outbox.{name}": 1 for name in ("id", "about", "at", "revision", "attempts", "retryAt")
}
ADOPTED_AT_ONCE: Final = 1_000


class MongoOutbox:
    def __init__(
        self, entries: AsyncCollection[Raw], published: AsyncCollection[Raw], parked: ParkedMessages
    ) -> None:
        self._entries = entries
        self._published = published
        self._ledger = Ledger(published, entries)
        self._parked = parked

    @translated
    async def pending(
        self, channel: Channel, partitions: Collection[int], limit: int, now: datetime
    ) -> Sequence[StoredMessage]:
        """The negative limit asks for one batch and no more, which the server itself keeps below 16 MiB."""
        texts = TEXTS[channel]
        postponed = {"about": {"$in": texts}, "retryAt": {"$gt": now}}
        wanted = {
            PARTITION: {"$in": [*partitions]},
            DUE[channel]: {"$exists": True},
            "outbox": {"$not": {"$elemMatch": postponed}},
        }
        cursor = self._entries.find(
            wanted, SHOWN, limit=-limit, batch_size=limit, max_time_ms=READ_MS, comment=RELAY_DUE
        )
        return [
            to_message(document, stored)
            for document in await cursor.sort(DUE[channel], pymongo.ASCENDING).to_list(None)
            for stored in document["outbox"]
            if stored["about"] in texts
        ][:limit]

    @translated
    async def settle(self, settlement: Settlement) -> None:
        """First where messages go, then that they are gone: a crash in between leaves some in both places."""
        recorded = settlement.channel is Channel.EVENTS and bool(settlement.passed_on)
        if recorded:
            batch = await self._published.insert_one(published_row(settlement.passed_on, settlement.at))
        if settlement.parked:
            await self._parked.park(settlement.parked)
        if erased := [one for one in settlement.passed_on if one.about is EntryEvent.ERASED]:
            await self._forget(erased, settlement.passed_on)
        gone = [*settlement.passed_on, *(parked.message for parked in settlement.parked)]
        all_were_there = not gone or await self._take_out(gone, settlement.channel)
        if recorded and not all_were_there:
            await self._ledger.forget_gone(batch.inserted_id, settlement.passed_on)
        if settlement.postponed:
            await self._entries.bulk_write([put_off(one, settlement.channel) for one in settlement.postponed])

    async def _forget(self, erased: Sequence[StoredMessage], published: Sequence[StoredMessage]) -> None:
        """The erasures are published: the ids of their persons go from the record, and the entries are deleted.

        They are deleted with their messages, which are not taken out before. After a crash the messages are still
        there: they are published again, and this is done again. An entry of a person who has registered again
        stays.
        """
        others = {"$elemMatch": {"id": {"$nin": [message.id for message in published]}}}
        for message in erased:
            done = document_of(message.campaign_id, message.user_id) | {"status": "erased"}
            document = await self._entries.find_one(done, {"pseudonym": 1}, max_time_ms=READ_MS)
            if document is not None:
                await self._ledger.replace_in(message.campaign_id, message.user_id, document["pseudonym"])
                await self._entries.delete_one(done | {"outbox": {"$not": others}})

    async def _take_out(self, gone: Sequence[StoredMessage], channel: Channel) -> bool:
        """False if another worker has taken some out before.

        Most entries have but one message that waits, and are emptied at two thirds of the cost.
        """
        entries = len({(message.campaign_id, message.user_id) for message in gone})
        campaigns = by_campaign(gone)
        done = await self._entries.bulk_write([emptied(those, channel) for those in campaigns], ordered=False)
        if done.matched_count == entries:
            return True
        rest = await self._entries.bulk_write([thinned(those, channel) for those in campaigns], ordered=False)
        return done.matched_count + rest.matched_count == entries

    @translated
    async def parked(
        self, campaign_id: CampaignId | None, limit: int, *, after: ParkedPosition | None = None
    ) -> Sequence[Parked]:
        return await self._parked.list(campaign_id, limit, after)

    @translated
    async def of_entry(self, campaign_id: CampaignId, user_id: UserId) -> EntryMessages:
        """Parked ones are read last: a message that is parked meanwhile is stored there before it leaves the
        entry."""
        named = document_of(campaign_id, user_id)
        document = await self._entries.find_one(named, WITHOUT_CONTENT, max_time_ms=READ_MS) or {}
        parked = await self._parked.of_entry(campaign_id, user_id)
        both = {one.message.id for one in parked}
        waiting = [to_message(document, stored | {"data": None}) for stored in document.get("outbox") or ()]
        return EntryMessages(waiting=[one for one in waiting if one.id not in both], parked=parked)

    @translated
    async def put_back(self, ids: Collection[str] | None) -> Sequence[str]:
        return await self._parked.put_back(ids)

    @translated
    async def standing(self) -> Standing:
        due = DUE[Channel.EVENTS]
        waiting = {PARTITION: {"$in": [*range(PARTITIONS)]}, due: {"$exists": True}}
        oldest = await self._entries.find_one(
            waiting, {"_id": 0, due: 1}, sort=[(due, 1)], max_time_ms=READ_MS, comment=RELAY_STANDING
        )
        return Standing(
            oldest_event=oldest[due] if oldest else None,
            waiting=await self._entries.count_documents(waiting, maxTimeMS=READ_MS, comment=RELAY_STANDING),
            parked=await self._parked.count(),
        )

    @translated
    async def adopt(self) -> None:
        """Give partitions to entries with messages that an earlier release stored; new ones have one already."""
        while documents := await self._without_partition():
            dues = {due: first_due(channel) for channel, due in DUE.items()}
            await self._entries.bulk_write(
                [
                    UpdateOne(
                        document_of(document["campaignId"], document["userId"]),
                        [{"$set": {PARTITION: partition_of(document["campaignId"], document["userId"])} | dues}],
                    )
                    for document in documents
                ],
                ordered=False,
            )

    async def _without_partition(self) -> list[Raw]:
        wanted = {"outbox.0": {"$exists": True}, PARTITION: {"$exists": False}}
        cursor = self._entries.find(
            wanted, SHOWN, limit=-ADOPTED_AT_ONCE, max_time_ms=READ_MS, comment=ADOPTED_MESSAGES
        )
        return await cursor.to_list(None)
