"""Ask who is eligible, and how many registered."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Eligibles, EntryCounts, Position, Query, Ranked
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock

EXPORT_PAGE: Final = 2_000
"""Fans held in memory at once while exporting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEligibles:
    eligibles: Eligibles
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEligible:
    """How many fans may be given tickets: scored, phone confirmed, and what the filters ask for.

    Counts are of one instant; nobody is counted whose phone, markets, score or selection have changed since.
    """

    campaigns: Campaigns
    queries: EntryQueries
    check_markets: CheckMarkets
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, query: Query) -> CountedEligibles:
        """Raises CampaignNotFound, InvalidValue."""
        await self.check_markets.of_filter(campaign_id, query.markets)
        campaign = await self.campaigns.get(campaign_id)
        eligibles = await self.queries.eligible(campaign_id, query, query.markets or campaign.markets)
        return CountedEligibles(eligibles=eligibles, as_of=self.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPage:
    fans: Sequence[Ranked]
    next: Position | None
    """The last of the page, when there may be more behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankEligible:
    """The eligible fans by score, the best first, then by userId, page by page."""

    queries: EntryQueries
    check_markets: CheckMarkets

    async def __call__(
        self, campaign_id: CampaignId, query: Query, *, after: Position | None, limit: int
    ) -> RankedPage:
        """Raises CampaignNotFound where a market is asked for, InvalidValue."""
        await self.check_markets.of_filter(campaign_id, query.markets)
        return await self.page(campaign_id, query, after=after, limit=limit)

    async def page(
        self, campaign_id: CampaignId, query: Query, *, after: Position | None, limit: int
    ) -> RankedPage:
        """Without asking the campaign."""
        fans = await self.queries.ranking(campaign_id, query, after=after, limit=limit + 1)
        if len(fans) <= limit:
            return RankedPage(fans=fans, next=None)
        last = fans[limit - 1]
        return RankedPage(fans=fans[:limit], next=Position(score=last.score, user_id=last.user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEligible:
    """All eligible fans as a stream; nothing but one page is ever in memory."""

    rank_eligible: RankEligible

    async def __call__(self, campaign_id: CampaignId, query: Query) -> AsyncIterator[Sequence[Ranked]]:
        """Raises CampaignNotFound where a market is asked for, InvalidValue, before the first page."""
        await self.rank_eligible.check_markets.of_filter(campaign_id, query.markets)
        return self._pages(campaign_id, query)

    async def _pages(self, campaign_id: CampaignId, query: Query) -> AsyncIterator[Sequence[Ranked]]:
        after: Position | None = None
        while True:
            page = await self.rank_eligible.page(campaign_id, query, after=after, limit=EXPORT_PAGE)
            yield page.fans
            after = page.next
            if after is None:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEntries:
    counts: EntryCounts
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEntries:
    """All registrations by status, and by market and rank, at one instant."""

    campaigns: Campaigns
    queries: EntryQueries
    clock: Clock

    async def __call__(self, campaign_id: CampaignId) -> CountedEntries:
        """Raises CampaignNotFound."""
        campaign = await self.campaigns.get(campaign_id)
        counts = await self.queries.count(campaign_id, campaign.markets)
        return CountedEntries(counts=counts, as_of=self.clock.now())
