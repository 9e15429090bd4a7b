"""Read one registration."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import EntryNotFound
from domain.model.registrations.history import EntryWithHistory
from domain.model.registrations.search import EntryFilter
from ports.entries import EntrySearch, EntryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """One fan's registration for a campaign."""

    raises: ClassVar[Refusals] = (EntryNotFound,)

    entries: EntryStore

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> Entry:
        """Raises EntryNotFound."""
        entry = await self.entries.get(campaign_id, user_id)
        if entry is None:
            raise EntryNotFound
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntryWithHistory:
    """One fan's registration for a campaign.

    Staff also get its `history`: the last 100 changes that raised the revision, each with its time and its caller.
    """

    raises: ClassVar[Refusals] = (EntryNotFound,)

    search: EntrySearch

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> EntryWithHistory:
        """Raises EntryNotFound."""
        page = await self.search.page(campaign_id, EntryFilter(user_id=user_id), after=None, limit=1)
        if not page.entries:
            raise EntryNotFound
        return page.entries[0]
