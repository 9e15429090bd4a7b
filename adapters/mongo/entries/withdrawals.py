"""Withdrawals of registrations in MongoDB.

A withdrawn entry keeps its document, with another version. A change that is under way finds no document of the
version it was decided on, and its upsert meets the primary key.
"""

from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.mapping import ENTRY_FIELDS, as_read, live_entry, withdrawn_document
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of
from adapters.mongo.outbox.parked_messages import ParkedMessages
from adapters.mongo.outbox.withdrawn import outbox_after
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext, withdrawal_message
from domain.model.registrations.entry import Entry
from ports.system import CurrentRequest


class MongoWithdrawals:
    def __init__(
        self,
        entries: AsyncCollection[Raw],
        scoring: AsyncCollection[Raw],
        parked: ParkedMessages,
        request: CurrentRequest,
    ) -> None:
        self._entries = entries
        self._scoring = scoring
        self._parked = parked
        self._request = request

    @translated
    async def withdraw(self, campaign_id: CampaignId, user_id: UserId, now: datetime) -> bool:
        request, wanted = self._request(), document_of(campaign_id, user_id)

        async def attempt() -> bool | Lost:
            document = await self._entries.find_one(wanted, ENTRY_FIELDS, max_time_ms=READ_MS)
            entry = live_entry(document)
            if entry is None:
                return document is not None
            return True if await self._replace(entry, now, request) else LOST

        known = await until_stored(attempt)
        if known:
            # After the entry, not before: what is uploaded or parked in the meantime looks at the entry last.
            await self._scoring.delete_one(wanted)
            await self._parked.withdraw(campaign_id, user_id)
        return known

    async def _replace(self, entry: Entry, now: datetime, request: RequestContext) -> bool:
        """False when another change was faster. The whole document is replaced, so that no field is forgotten."""
        withdrawn = entry.withdraw(now)
        outbox = outbox_after(withdrawn, withdrawal_message(withdrawn, request))
        document = {"$mergeObjects": [{"$literal": withdrawn_document(withdrawn)}, outbox]}
        made = await self._entries.update_one(as_read(entry), [{"$replaceWith": document}])
        return made.matched_count == 1
