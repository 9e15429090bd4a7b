"""Refuse unknown markets, because an answer of 0 would hide a typing error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId, unknown_market
from ports.entries import EntryQueries
from ports.neighbours import Campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMarkets:
    """A market is known when the campaign offers it, or an entry has it, or had it before a transfer."""

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    queries: EntryQueries

    async def __call__(self, campaign_id: CampaignId, markets: Mapping[str, MarketId]) -> None:
        """``markets``: each market under the field that names it. Raises CampaignNotFound, InvalidValue."""
        if not markets:
            return
        campaign = await self.campaigns.get(campaign_id)
        for field, market in markets.items():
            offered = market in campaign.markets
            if not offered and not await self.queries.was_chosen(campaign_id, market):
                raise unknown_market(field, campaign.markets)

    async def of_filter(self, campaign_id: CampaignId, markets: tuple[MarketId, ...]) -> None:
        """The same check for the filter ``market``, which may be given several times."""
        await self(campaign_id, {f"market.{index}": market for index, market in enumerate(markets)})
