"""Read one campaign."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from ports.neighbours import Campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCampaign:
    """A campaign, as campaign-service has it."""

    raises: ClassVar[Refusals] = (CampaignNotFound,)

    campaigns: Campaigns

    async def __call__(self, campaign_id: CampaignId) -> Campaign:
        """Raises CampaignNotFound."""
        return await self.campaigns.get(campaign_id)
