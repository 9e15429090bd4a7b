"""Name the campaigns, without counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.reached_campaigns import Reaches, all_campaigns, reached_campaigns
from ports.codes import CodeCatalogue
from ports.entries import EntryQueries
from ports.neighbours import Campaigns

TOGETHER: Final = 20
"""Campaigns that campaign-service is asked for at the same time."""


class NamedCampaign(NamedTuple):
    id: CampaignId
    campaign: Campaign | None
    """None where campaign-service does not know it any more."""


class NamedPage(NamedTuple):
    campaigns: Sequence[NamedCampaign]
    next: CampaignId | None
    """The last campaign of the page. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCampaigns:
    """The campaigns that have codes or registrations, in the order of their ids. Counts nothing, so it is fast."""

    raises: ClassVar[Refusals] = ()

    campaigns: Campaigns
    catalogue: CodeCatalogue
    queries: EntryQueries

    async def __call__(
        self, *, after: CampaignId | None = None, limit: int, reaches: Reaches = all_campaigns
    ) -> NamedPage:
        page = await reached_campaigns(self.catalogue, self.queries, after=after, limit=limit, reaches=reaches)
        named: list[NamedCampaign] = []
        for first in range(0, len(page.ids), TOGETHER):
            named += await asyncio.gather(*map(self._named, page.ids[first : first + TOGETHER]))
        return NamedPage(named, page.next)

    async def _named(self, id: CampaignId) -> NamedCampaign:
        try:
            return NamedCampaign(id, await self.campaigns.get(id))
        except CampaignNotFound:
            return NamedCampaign(id, None)
