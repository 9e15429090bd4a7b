"""Searching registrations by reading all entries of the campaign."""

import heapq

from adapters.memory.entries import MemoryEntryStore
from domain.model.ids import CampaignId
from domain.model.registrations.search import EntryFilter, EntryPage, ListPosition, page_of


class MemoryEntrySearch:
    def __init__(self, store: MemoryEntryStore) -> None:
        self._store = store

    async def page(
        self, campaign_id: CampaignId, wanted: EntryFilter, *, after: ListPosition | None, limit: int
    ) -> EntryPage:
        admitted = (entry for entry in self._store.all_of(campaign_id).values() if wanted.admits(entry))
        behind = (entry for entry in admitted if after is None or ListPosition.of(entry) < after)
        return page_of(heapq.nlargest(limit + 1, behind, key=ListPosition.of), limit)
