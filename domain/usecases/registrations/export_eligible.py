"""Export the eligible fans."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query, Ranked, RankingPosition
from domain.usecases.registrations.rank_eligible import RankEligible

EXPORT_PAGE: Final = 2_000
"""Fans held in memory at once while exporting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEligible:
    """All eligible fans as a stream; nothing but one page is ever in memory."""

    rank_eligible: RankEligible

    async def __call__(self, campaign_id: CampaignId, query: Query) -> AsyncIterator[Sequence[Ranked]]:
        """Raises CampaignNotFound where a market is asked for, InvalidValue, before the first page."""
        await self.rank_eligible.check_markets.of_filter(campaign_id, query.markets)
        return self._pages(campaign_id, query)

    async def _pages(self, campaign_id: CampaignId, query: Query) -> AsyncIterator[Sequence[Ranked]]:
        after: RankingPosition | None = None
        while True:
            page = await self.rank_eligible.page(campaign_id, query, after=after, limit=EXPORT_PAGE)
            yield page.fans
            after = page.next
            if after is None:
                return
