"""Read one registration."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import EntryNotFound
from ports.entries import EntryStore


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
