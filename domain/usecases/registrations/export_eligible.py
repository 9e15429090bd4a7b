"""Export the eligible fans."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query, Ranked, RankingPosition
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.rank_eligible import RankEligible

EXPORT_PAGE: Final = 2_000
"""Fans in memory at the same time during an export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEligible:
    """All eligible fans as a stream. Only one page is in memory at a time."""

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    rank_eligible: RankEligible

    async def __call__(self, campaign_id: CampaignId, query: Query) -> AsyncIterator[Sequence[Ranked]]:
        """Raises, before the first page, InvalidValue, and CampaignNotFound when the query names a market."""
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
