"""Count the eligible fans by score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.histogram import CountedBin, score_bins
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntrySearch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistogram:
    """How many of the eligible fans have which scores, in bins of one width from `minScore` to `maxScore`.

    A score at the limit of two bins is in the upper one. The counts are of the same instant, and their sum is the
    number of eligible fans for the same filters.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    check_markets: CheckMarkets
    search: EntrySearch

    async def __call__(self, campaign_id: CampaignId, query: Query, bins: int) -> Sequence[CountedBin]:
        """Raises InvalidValue, and CampaignNotFound when the query names a market."""
        await self.check_markets.of_filter(campaign_id, query.markets)
        spread = score_bins(query, bins)
        counts = await self.search.count_each(campaign_id, [bin.query for bin in spread])
        return [CountedBin(bin=bin, eligible=count) for bin, count in zip(spread, counts, strict=True)]
