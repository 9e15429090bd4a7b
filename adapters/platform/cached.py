"""Caches campaigns for 30 seconds, so that a rush of fans does not overload campaign-service."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from ports.neighbours import Campaigns

MAX_AGE_SECONDS: Final = 30.0
MAX_CAMPAIGNS: Final = 1_000


class CachedCampaigns:
    """Wraps other Campaigns. Each campaign is requested once in 30 s for all callers. Failures are not cached."""

    def __init__(
        self,
        campaigns: Campaigns,
        *,
        size: int = MAX_CAMPAIGNS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._campaigns = campaigns
        self._size = size
        self._seconds = seconds
        self._known: dict[CampaignId, tuple[float, Campaign]] = {}
        """Each campaign with the time of its request (not of its answer). The oldest comes first."""
        self._asking: dict[CampaignId, asyncio.Task[Campaign]] = {}

    async def get(self, campaign_id: CampaignId) -> Campaign:
        known = self._known.get(campaign_id)
        if known is not None and self._seconds() - known[0] < MAX_AGE_SECONDS:
            return known[1]
        task = self._asking.get(campaign_id)
        if task is None:
            task = self._asking[campaign_id] = asyncio.create_task(self._ask(campaign_id))
            task.add_done_callback(_retrieve_error)
        # Shielded: when one caller is cancelled, the others still get the answer.
        return await asyncio.shield(task)

    async def _ask(self, campaign_id: CampaignId) -> Campaign:
        asked_at = self._seconds()
        try:
            campaign = await self._campaigns.get(campaign_id)
        finally:
            del self._asking[campaign_id]
        self._known.pop(campaign_id, None)
        self._known[campaign_id] = asked_at, campaign
        if len(self._known) > self._size:
            del self._known[next(iter(self._known))]
        return campaign


def _retrieve_error(task: asyncio.Task[Campaign]) -> None:
    """Read the error when all callers were cancelled. Otherwise asyncio logs that it was never retrieved."""
    if not task.cancelled():
        task.exception()
