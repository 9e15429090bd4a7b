"""Count the registrations of a campaign."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import EntryCounts
from domain.model.registrations.errors import CampaignNotFound
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCountsAt:
    counts: EntryCounts
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEntries:
    """How many registrations there are, by status, and by market and rank. All counts are of the same instant."""

    raises: ClassVar[Refusals] = (CampaignNotFound,)

    campaigns: Campaigns
    queries: EntryQueries
    clock: Clock

    async def __call__(self, campaign_id: CampaignId) -> EntryCountsAt:
        """Raises CampaignNotFound."""
        campaign = await self.campaigns.get(campaign_id)
        counts = await self.queries.count(campaign_id, campaign.markets)
        return EntryCountsAt(counts=counts, as_of=self.clock.now())
