"""Count the eligible fans."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import EligibleCounts, Query
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleCountsAt:
    eligibles: EligibleCounts
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEligible:
    """How many fans are eligible: scored, with a confirmed phone, and admitted by the filters (entry-service
    REQ-006).

    All counts are of the same instant. Phone, markets, score and selection of each fan are the current ones.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    queries: EntryQueries
    check_markets: CheckMarkets
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, query: Query) -> EligibleCountsAt:
        """Raises CampaignNotFound, InvalidValue."""
        await self.check_markets.of_filter(campaign_id, query.markets)
        campaign = await self.campaigns.get(campaign_id)
        eligibles = await self.queries.eligible(campaign_id, query, query.markets or campaign.markets)
        return EligibleCountsAt(eligibles=eligibles, as_of=self.clock.now())
