"""The entries of a campaign, as draws see them, in MongoDB."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.entries.mapping import LIVE, markets_of, to_fraud
from adapters.mongo.errors import translated
from adapters.mongo.keys import documents_after
from domain.model.draws.entrants import Candidate, group_of
from domain.model.draws.errors import BallotsMissing
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.entry import EntryStatus, Selection
from domain.model.registrations.markets import MarketId

BATCH: Final = 2_000
"""Entries that are read together."""
_SHOWN: Final = dict.fromkeys(("userId", "ballotId", "status", "selection", "fraud", "score", "markets"), 1)


class MongoCandidates:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries

    async def of_campaign(
        self, campaign_id: CampaignId, group_by: str | None
    ) -> AsyncIterator[Sequence[Candidate]]:
        """By the primary key, which no change can move: no entry is left out or read twice."""
        shown = _SHOWN if group_by is None else _SHOWN | {"attributes": 1}
        after: str | None = None
        while True:
            found = await self._page(campaign_id, after, shown)
            if found:
                after = found[-1]["userId"]
                yield [_candidate(stored, group_by) for stored in found]
            if len(found) < BATCH:
                return

    @translated
    async def _page(self, campaign_id: CampaignId, after: str | None, shown: Raw) -> list[Raw]:
        wanted = documents_after(campaign_id, after) | {"status": {"$in": LIVE}}
        found = self._entries.find(wanted, shown, sort=[("_id", 1)], limit=BATCH, max_time_ms=READ_MS)
        return await found.hint([("_id", 1)]).to_list(None)

    @translated
    async def fans_of(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Mapping[BallotId, UserId]:
        wanted = {"campaignId": campaign_id, "ballotId": {"$in": list(ballots)}}
        found = self._entries.find(wanted, {"_id": 0, "ballotId": 1, "userId": 1}, max_time_ms=READ_MS)
        return {BallotId(one["ballotId"]): UserId(one["userId"]) for one in await found.to_list(None)}

    @translated
    async def placed(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        wanted = {"campaignId": campaign_id, "allocation.drawId": draw_id}
        groups: list[Raw] = [{"$match": wanted}, {"$group": {"_id": "$allocation.market", "count": {"$sum": 1}}}]
        counted = aggregate(self._entries, groups, maxTimeMS=READ_MS)
        return {MarketId(one["_id"]): one["count"] async for one in counted}


def _candidate(stored: Raw, group_by: str | None) -> Candidate:
    if (ballot_id := stored.get("ballotId")) is None:
        raise BallotsMissing
    return Candidate(
        ballot_id=BallotId(ballot_id),
        confirmed=stored["status"] == EntryStatus.CONFIRMED,
        selection=Selection(stored["selection"]),
        fraud=to_fraud(stored["fraud"]).status,
        score=stored["score"],
        markets=markets_of(stored),
        group=group_of(dict(stored["attributes"]), group_by) if group_by is not None else None,
    )
