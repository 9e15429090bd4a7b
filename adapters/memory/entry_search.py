"""Searching registrations by reading all entries of the campaign."""

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime

from adapters.memory.entries import MemoryEntryStore
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.search import EntryFilter, EntryPage, FoundEntry, ListPosition, page_of
from domain.model.registrations.timeline import TimelinePoint, TimelineSpan, timeline


class MemoryEntrySearch:
    def __init__(self, store: MemoryEntryStore) -> None:
        self._store = store

    async def page(
        self, campaign_id: CampaignId, wanted: EntryFilter, *, after: ListPosition | None, limit: int
    ) -> EntryPage:
        admitted = (entry for entry in self._store.all_of(campaign_id).values() if wanted.admits(entry))
        behind = (entry for entry in admitted if after is None or ListPosition.of(entry) < after)
        newest = heapq.nlargest(limit + 1, behind, key=ListPosition.of)
        return page_of([self._store.with_history(entry) for entry in newest], limit)

    async def find_in(
        self, campaigns: Sequence[CampaignId], wanted: EntryFilter, *, limit: int
    ) -> Sequence[FoundEntry]:
        entries = (entry for id in campaigns for entry in self._store.all_of(id).values())
        return sorted(FoundEntry(one.campaign_id, one.user_id) for one in entries if wanted.admits(one))[:limit]

    async def timeline(self, campaign_id: CampaignId, span: TimelineSpan) -> Sequence[TimelinePoint]:
        entries = self._store.all_of(campaign_id).values()
        created = _by_unit((entry.created_at for entry in entries), span)
        confirmed = _by_unit((entry.phone_confirmed_at for entry in entries), span)
        return timeline(span, created, confirmed)

    async def count_each(self, campaign_id: CampaignId, queries: Sequence[Query]) -> Sequence[int]:
        entries = list(self._store.all_of(campaign_id).values())
        return [sum(map(query.admits, entries)) for query in queries]


def _by_unit(times: Iterable[datetime | None], span: TimelineSpan) -> list[int]:
    counts = [0] * span.points
    for time in times:
        if time is not None and (number := span.point_of(time)) is not None:
            counts[number] += 1
    return counts
