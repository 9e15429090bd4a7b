"""Withdrawals of registrations in MongoDB.

A withdrawn entry keeps its document, with another version. A change that is under way finds no document of the
version it was decided on, and its upsert meets the primary key.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.mapping import ENTRY_FIELDS, as_read, entry_or_withdrawn, withdrawn_document
from adapters.mongo.entries.statuses import ERASED, LIVE
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of, documents_after
from adapters.mongo.outbox.parked_messages import ParkedMessages
from adapters.mongo.outbox.withdrawn import outbox_after
from adapters.mongo.scatter import PERSON
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext, withdrawal_message
from domain.model.registrations.entry import Entry
from domain.model.registrations.withdrawal import Withdrawn
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
        def withdraw(before: Entry | Withdrawn) -> Withdrawn | None:
            return None if isinstance(before, Withdrawn) else before.withdraw(now)

        known = await self._leave(campaign_id, user_id, withdraw)
        if known:
            # After the entry, not before: what is uploaded or parked in the meantime looks at the entry last.
            await self._scoring.delete_one(document_of(campaign_id, user_id))
            await self._parked.withdraw(campaign_id, user_id)
        return known

    @translated
    async def registered(self, campaign_id: CampaignId, after: UserId | None, limit: int) -> Sequence[UserId]:
        wanted = documents_after(campaign_id, after) | {"status": {"$in": LIVE}}
        found = self._entries.find(wanted, {"userId": 1}, limit=limit, max_time_ms=READ_MS).sort("_id", 1)
        return [UserId(document["userId"]) for document in await found.hint([("_id", 1)]).to_list(None)]

    @translated
    async def erase(self, user_id: UserId, pseudonym: UserId, now: datetime) -> None:
        """Erase the person in every campaign, one entry after the other."""
        found = self._entries.find(_not_erased(user_id), {"campaignId": 1}, max_time_ms=READ_MS, comment=PERSON)

        def erase(before: Entry | Withdrawn) -> Withdrawn | None:
            return None if isinstance(before, Withdrawn) and before.erased else before.erase(now)

        for document in await found.to_list(None):
            await self._leave(CampaignId(document["campaignId"]), user_id, erase, pseudonym)

    @translated
    async def count(self, user_id: UserId) -> int:
        return await self._entries.count_documents(_not_erased(user_id), maxTimeMS=READ_MS, comment=PERSON)

    async def _leave(
        self,
        campaign_id: CampaignId,
        user_id: UserId,
        change: Callable[[Entry | Withdrawn], Withdrawn | None],
        pseudonym: str | None = None,
    ) -> bool:
        """False if there is no entry, and never was one."""
        request, wanted = self._request(), document_of(campaign_id, user_id)

        async def attempt() -> bool | Lost:
            document = await self._entries.find_one(wanted, ENTRY_FIELDS, max_time_ms=READ_MS)
            if document is None:
                return False
            before = entry_or_withdrawn(document)
            after = change(before)
            return True if after is None or await self._replace(before, after, request, pseudonym) else LOST

        return await until_stored(attempt)

    async def _replace(
        self, before: Entry | Withdrawn, after: Withdrawn, request: RequestContext, pseudonym: str | None
    ) -> bool:
        """False when another change was faster. The whole document is replaced, so that no field is forgotten."""
        outbox = outbox_after(after, withdrawal_message(after, request))
        document = {"$mergeObjects": [{"$literal": withdrawn_document(after, pseudonym)}, outbox]}
        made = await self._entries.update_one(as_read(before), [{"$replaceWith": document}])
        return made.matched_count == 1


def _not_erased(user_id: UserId) -> Raw:
    return {"userId": user_id, "status": {"$ne": ERASED}}
