"""Name the campaigns, without counts."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from ports.codes import CodeCatalogue
from ports.entries import EntryQueries
from ports.neighbours import Campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCampaigns:
    """The campaigns that have codes or registrations, in the order of their ids. Counts nothing, so it is fast."""

    raises: ClassVar[Refusals] = ()

    campaigns: Campaigns
    catalogue: CodeCatalogue
    queries: EntryQueries

    async def __call__(self, limit: int) -> Sequence[tuple[CampaignId, Campaign | None]]:
        """None stands for a campaign that campaign-service does not know any more."""
        with_codes = await self.catalogue.campaigns(limit)
        with_entries = await self.queries.campaigns(limit)
        found = list(dict.fromkeys(heapq.merge(with_codes, with_entries)))[:limit]
        return [(id, await self._campaign(id)) for id in found]

    async def _campaign(self, id: CampaignId) -> Campaign | None:
        try:
            return await self.campaigns.get(id)
        except CampaignNotFound:
            return None
