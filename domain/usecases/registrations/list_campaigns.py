"""The campaigns at a glance."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.inventory import StatusCounts
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import CampaignNotFound
from ports.codes import CodeCatalogue
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSummary:
    id: CampaignId
    campaign: Campaign | None
    """None where campaign-service does not know it any more."""
    codes: StatusCounts
    registrations: Mapping[EntryStatus, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPage:
    campaigns: Sequence[CampaignSummary]
    next: CampaignId | None
    """The last campaign of the page. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCampaigns:
    """The campaigns that have codes or registrations, in the order of their ids, with their counts.

    A campaign that campaign-service does not know any more is listed without name and times.
    """

    raises: ClassVar[Refusals] = ()

    campaigns: Campaigns
    catalogue: CodeCatalogue
    queries: EntryQueries
    clock: Clock

    async def __call__(self, *, after: CampaignId | None, limit: int) -> CampaignPage:
        with_codes = await self.catalogue.campaigns(limit + 1, after=after)
        with_entries = await self.queries.campaigns(limit + 1, after=after)
        found = list(dict.fromkeys(heapq.merge(with_codes, with_entries)))
        page = [await self._summary(id) for id in found[:limit]]
        return CampaignPage(campaigns=page, next=found[limit - 1] if len(found) > limit else None)

    async def _summary(self, id: CampaignId) -> CampaignSummary:
        """One after another: a page of large campaigns must not keep the store from other requests."""
        codes = await self.catalogue.count(id, self.clock.now())
        entries = await self.queries.count(id, [])
        return CampaignSummary(
            id=id,
            campaign=await self._campaign(id),
            codes=sum(codes.values(), StatusCounts()),
            registrations=entries.by_status,
        )

    async def _campaign(self, id: CampaignId) -> Campaign | None:
        try:
            return await self.campaigns.get(id)
        except CampaignNotFound:
            return None
