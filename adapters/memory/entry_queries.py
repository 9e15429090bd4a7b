"""Queries of registrations, answered by reading all entries of the campaign."""

import heapq
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from typing import Final

from adapters.memory.entries import MemoryEntryStore
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import (
    ByRank,
    EligibleCounts,
    EntryCounts,
    MarketCount,
    Query,
    Ranked,
    RankingPosition,
    RegisteredMarket,
)
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId

BATCH: Final = 1_000


class MemoryEntryQueries:
    def __init__(self, store: MemoryEntryStore) -> None:
        self._store = store

    async def eligible(self, campaign_id: CampaignId, query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
        admitted = [entry for entry in self._store.all_of(campaign_id).values() if query.admits(entry)]
        counts = [_ranks(admitted, market, query.max_rank) for market in dict.fromkeys(markets)]
        return EligibleCounts(total=len(admitted), by_market=counts)

    async def ranking(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> Sequence[Ranked]:
        entries = self._store.all_of(campaign_id).values()
        places = ((_place(entry), entry) for entry in entries if query.admits(entry))
        begin = None if after is None else (-after.score, after.user_id)
        behind = (placed for placed in places if begin is None or placed[0] > begin)
        return [_ranked(entry) for _, entry in heapq.nsmallest(limit, behind, key=lambda placed: placed[0])]

    async def count(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> EntryCounts:
        entries = list(self._store.all_of(campaign_id).values())
        having = {status: [entry for entry in entries if entry.status is status] for status in EntryStatus}
        return EntryCounts(
            by_status={status: len(found) for status, found in having.items()},
            by_market=[
                RegisteredMarket(
                    all=_ranks(entries, market), confirmed=_ranks(having[EntryStatus.CONFIRMED], market).total
                )
                for market in dict.fromkeys(markets)
            ],
            withdrawn=self._store.withdrawn(campaign_id),
        )

    async def waitlisted(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> Mapping[MarketId, int]:
        entries = self._store.all_of(campaign_id).values()
        chosen = [entry.details.markets for entry in entries if entry.selection is Selection.WAITLISTED]
        return {market: sum(market in one for one in chosen) for market in markets}

    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        return sorted(id for id in self._store.campaigns() if id > (after or ""))[:limit]

    async def was_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        if (campaign_id, market) in self._store.moved:
            return True
        return any(market in entry.details.markets for entry in self._store.all_of(campaign_id).values())

    async def fans_of_market(self, campaign_id: CampaignId, market: MarketId) -> AsyncIterator[Sequence[UserId]]:
        entries = iter(list(self._store.all_of(campaign_id).values()))
        chose = (entry.user_id for entry in entries if market in entry.details.markets)
        while batch := list(islice(chose, BATCH)):
            yield batch


def _ranks(entries: Sequence[Entry], market: MarketId, max_rank: int = MAX_MARKETS) -> MarketCount:
    counts = [0] * MAX_MARKETS
    for entry in entries:
        first = entry.details.markets[:max_rank]
        if market in first:
            counts[first.index(market)] += 1
    by_rank: ByRank = (counts[0], counts[1], counts[2], counts[3])
    return MarketCount(market=market, by_rank=by_rank)


def _place(entry: Entry) -> tuple[float, UserId]:
    assert entry.score is not None, "the eligible have a score"
    return -entry.score, entry.user_id


def _ranked(entry: Entry) -> Ranked:
    assert entry.score is not None, "the eligible have a score"
    assert entry.phone_confirmed_at is not None, "the eligible are confirmed"
    return Ranked(
        user_id=entry.user_id,
        score=entry.score,
        selection=entry.selection,
        markets=entry.details.markets,
        phone_confirmed_at=entry.phone_confirmed_at,
    )
