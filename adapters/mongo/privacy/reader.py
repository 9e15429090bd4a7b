"""Reads what the database holds of one person."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.mapping import WITH_HISTORY, to_entry_with_history
from adapters.mongo.entries.statuses import ERASED, LIVE
from adapters.mongo.errors import translated
from adapters.mongo.scatter import PERSON
from domain.model.ids import CampaignId, UserId
from domain.model.privacy.people import AssignedCode, UploadedScore
from domain.model.registrations.history import EntryWithHistory


class MongoPersonReader:
    def __init__(
        self, entries: AsyncCollection[Raw], scoring: AsyncCollection[Raw], codes: AsyncCollection[Raw]
    ) -> None:
        self._entries = entries
        self._scoring = scoring
        self._codes = codes

    @translated
    async def entries(self, user_id: UserId) -> Sequence[EntryWithHistory]:
        wanted = {"userId": user_id, "status": {"$in": LIVE}}
        found = self._entries.find(wanted, WITH_HISTORY, max_time_ms=READ_MS, comment=PERSON).sort("campaignId", 1)
        return [to_entry_with_history(document) for document in await found.to_list(None)]

    @translated
    async def scores(self, user_id: UserId) -> Sequence[UploadedScore]:
        found = self._scoring.find({"userId": user_id}, max_time_ms=READ_MS, comment=PERSON).sort("campaignId", 1)
        return [
            UploadedScore(
                campaign_id=CampaignId(document["campaignId"]),
                score=document["score"],
                selection=document["selection"],
                updated_at=document["updatedAt"],
            )
            for document in await found.to_list(None)
        ]

    @translated
    async def codes(self, user_id: UserId) -> Sequence[AssignedCode]:
        """By the index of owners, which begins with the campaign: one look for each campaign that has codes."""
        campaigns = await self._codes.distinct("campaignId", maxTimeMS=READ_MS, comment=PERSON)
        wanted = {"campaignId": {"$in": campaigns}, "assignedTo": user_id, "status": "assigned"}
        shown = {"_id": 0, "campaignId": 1, "code": 1, "type": 1, "assignedAt": 1}
        found = self._codes.find(wanted, shown, max_time_ms=READ_MS, comment=PERSON)
        in_order = found.sort([("campaignId", 1), ("code", 1)])
        return [
            AssignedCode(
                campaign_id=CampaignId(document["campaignId"]),
                code=document["code"],
                type=document["type"],
                assigned_at=document["assignedAt"],
            )
            for document in await in_order.to_list(None)
        ]

    @translated
    async def notices(self, user_id: UserId) -> int:
        wanted = {"userId": user_id, "status": ERASED}
        return await self._entries.count_documents(wanted, maxTimeMS=READ_MS, comment=PERSON)
