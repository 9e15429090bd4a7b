"""List the eligible fans by score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query, Ranked, RankingPosition
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntryQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPage:
    fans: Sequence[Ranked]
    next: RankingPosition | None
    """The position of the last fan of the page. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankEligible:
    """The eligible fans by score, the highest first, then by userId, page by page (entry-service REQ-006)."""

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    queries: EntryQueries
    check_markets: CheckMarkets

    async def __call__(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> RankedPage:
        """Raises InvalidValue, and CampaignNotFound when the query names a market."""
        await self.check_markets.of_filter(campaign_id, query.markets)
        return await self.page(campaign_id, query, after=after, limit=limit)

    async def page(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> RankedPage:
        """One page, without the check of the markets."""
        fans = await self.queries.ranking(campaign_id, query, after=after, limit=limit + 1)
        if len(fans) <= limit:
            return RankedPage(fans=fans, next=None)
        last = fans[limit - 1]
        return RankedPage(fans=fans[:limit], next=RankingPosition(score=last.score, user_id=last.user_id))
