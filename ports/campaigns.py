"""campaign-service, as far as registrations need it."""

from typing import Protocol

from domain.model.campaigns import Campaign
from domain.model.ids import CampaignId


class Campaigns(Protocol):
    async def get(self, campaign_id: CampaignId) -> Campaign:
        """The campaign, at most 30 s old. Raises CampaignNotFound, Unavailable (within 2 s)."""
        ...
