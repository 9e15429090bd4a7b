"""Questions about codes, answered by MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.codes.mapping import to_code
from adapters.mongo.counting import SNAPSHOT, Branch, count_pipeline, reading
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of, documents_after, key, with_campaign_keys
from adapters.mongo.lookups import campaigns_in
from domain.model.codes.code import Code, CodeStatus, CodeType
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import CampaignId, UserId

_LAPSED: Final = "lapsed"


class MongoCodeCatalogue:
    def __init__(self, database: AsyncDatabase[Raw], codes: CodeCollection) -> None:
        self._database = database
        self._codes = codes

    @translated
    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        return await campaigns_in(self._codes.raw, limit, after)

    @translated
    async def count(self, campaign_id: CampaignId, now: datetime) -> Mapping[CodeType, StatusCounts]:
        """Each count scans index keys only, and all counts read the same snapshot. A million codes take 0.2 s."""
        collection = self._codes.raw.name
        pipeline = count_pipeline(collection, _branches(campaign_id, now))
        answer = await self._database.command(reading(collection, pipeline, SNAPSHOT))
        return _to_counts({row["_id"]: row["n"] for row in answer["cursor"]["firstBatch"]})

    @translated
    async def get(self, campaign_id: CampaignId, code: str) -> Code | None:
        document = await self._codes.raw.find_one(document_of(campaign_id, code), max_time_ms=READ_MS)
        return to_code(document) if document else None

    @translated
    async def campaigns_with(self, campaigns: Sequence[CampaignId], code: str) -> Sequence[CampaignId]:
        named = with_campaign_keys([key(id, code) for id in campaigns])
        found = self._codes.raw.find(named, {"_id": 0, "campaignId": 1}, hint="_id_", max_time_ms=READ_MS)
        return sorted(CampaignId(one["campaignId"]) for one in await found.to_list(None))

    @translated
    async def holders(self, campaign_id: CampaignId, type: CodeType, fans: Sequence[UserId]) -> Collection[UserId]:
        assigned = queries.in_pool(campaign_id, type) | {"status": CodeStatus.ASSIGNED.value}
        wanted = assigned | {"assignedTo": {"$in": list(fans)}}
        found = self._codes.raw.find(wanted, {"_id": 0, "assignedTo": 1}, hint="assignedTo", max_time_ms=READ_MS)
        return {UserId(one["assignedTo"]) for one in await found.to_list(None)}

    @translated
    async def page(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int, now: datetime
    ) -> Sequence[Code]:
        where = documents_after(campaign_id, after, prefix=wanted.prefix or "")
        if wanted.code is not None:
            where["_id"]["$eq"] = key(campaign_id, wanted.code)
        conditions = queries.matching(campaign_id, wanted, now)
        return await self._codes.find(where | conditions, sort="_id", limit=limit)


def _branches(campaign_id: CampaignId, now: datetime) -> list[Branch]:
    """What to count, each under a name: every stored status, and the reserved codes that have lapsed."""
    branches: list[Branch] = []
    for type in CodeType:
        pool = queries.in_pool(campaign_id, type)
        branches += [(f"{type} {status}", pool | {"status": status.value}) for status in CodeStatus]
        branches.append((f"{type} {_LAPSED}", pool | queries.lapsed(now)))
    return branches


def _to_counts(found: Mapping[str, Any]) -> dict[CodeType, StatusCounts]:
    counts = {}
    for type in CodeType:
        available, reserved, assigned, lapsed = (
            int(found.get(f"{type} {name}", 0)) for name in (*CodeStatus, _LAPSED)
        )
        counts[type] = StatusCounts(available=available + lapsed, reserved=reserved - lapsed, assigned=assigned)
    return counts
