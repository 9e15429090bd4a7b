"""The entries of a campaign, as draws see them, in MongoDB."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.draws.candidate_pages import DRAWN, CandidatePages
from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.errors import translated
from domain.model.draws.errors import BallotsMissing
from domain.model.draws.screening import CandidateBatch
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.entry import Selection
from domain.model.registrations.markets import MarketId


class MongoCandidates:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries

    async def of_campaign(self, campaign_id: CampaignId, group_by: str | None) -> AsyncIterator[CandidateBatch]:
        pages = CandidatePages(self._entries, campaign_id, group_by)
        if await pages.need_migration():
            raise BallotsMissing
        async for batch in pages.batches():
            yield batch
        if await pages.need_migration():  # A process of an earlier release wrote one meanwhile.
            raise BallotsMissing

    @translated
    async def fans_of(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Mapping[BallotId, UserId]:
        return await self._fans(_with_ballots(campaign_id, ballots))

    @translated
    async def placed_among(
        self, campaign_id: CampaignId, draw_id: DrawId, ballots: Sequence[BallotId]
    ) -> Mapping[BallotId, UserId]:
        wanted = _with_ballots(campaign_id, ballots) | {"allocation.drawId": draw_id}
        return await self._fans(wanted, hint=DRAWN)

    @translated
    async def waiting_among(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Collection[BallotId]:
        waiting = {"status": {"$in": LIVE}, "selection": Selection.WAITLISTED.value}
        wanted = _with_ballots(campaign_id, ballots) | waiting
        found = self._entries.find(wanted, {"_id": 0, "ballotId": 1}, hint=DRAWN, max_time_ms=READ_MS)
        return {BallotId(one["ballotId"]) for one in await found.to_list(None)}

    async def _fans(self, wanted: Raw, hint: str | None = None) -> Mapping[BallotId, UserId]:
        found = self._entries.find(wanted, {"_id": 0, "ballotId": 1, "userId": 1}, hint=hint, max_time_ms=READ_MS)
        return {BallotId(one["ballotId"]): UserId(one["userId"]) for one in await found.to_list(None)}

    @translated
    async def placed(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        wanted = {"campaignId": campaign_id, "allocation.drawId": draw_id}
        groups: list[Raw] = [{"$match": wanted}, {"$group": {"_id": "$allocation.market", "count": {"$sum": 1}}}]
        counted = aggregate(self._entries, groups, hint="allocated", maxTimeMS=READ_MS)
        return {MarketId(one["_id"]): one["count"] async for one in counted}


def _with_ballots(campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Raw:
    return {"campaignId": campaign_id, "ballotId": {"$in": list(ballots)}}
