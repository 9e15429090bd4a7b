"""The campaigns at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.code import CodeType
from domain.model.codes.inventory import StatusCounts
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.reached_campaigns import Reaches, all_campaigns, reached_campaigns
from ports.codes import CodeCatalogue
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSummary:
    id: CampaignId
    campaign: Campaign | None
    """None where campaign-service does not know it any more."""
    codes_by_type: Mapping[CodeType, StatusCounts]
    registrations: Mapping[EntryStatus, int]

    @property
    def codes(self) -> StatusCounts:
        return sum(self.codes_by_type.values(), StatusCounts())


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPage:
    campaigns: Sequence[CampaignSummary]
    next: CampaignId | None
    """The last campaign of the page. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCampaigns:
    """The campaigns that have codes or registrations, in the order of their ids, with their counts.

    A token that is narrowed to campaigns gets these only. A campaign that campaign-service does not know any more
    is listed without name and times.
    """

    raises: ClassVar[Refusals] = ()

    campaigns: Campaigns
    catalogue: CodeCatalogue
    queries: EntryQueries
    clock: Clock

    async def __call__(
        self, *, after: CampaignId | None, limit: int, reaches: Reaches = all_campaigns
    ) -> CampaignPage:
        page = await reached_campaigns(self.catalogue, self.queries, after=after, limit=limit, reaches=reaches)
        return CampaignPage(campaigns=[await self._summary(id) for id in page.ids], next=page.next)

    async def _summary(self, id: CampaignId) -> CampaignSummary:
        """One after another: a page of large campaigns must not keep the store from other requests."""
        codes = await self.catalogue.count(id, self.clock.now())
        entries = await self.queries.count(id, [])
        return CampaignSummary(
            id=id,
            campaign=await self._campaign(id),
            codes_by_type={type: codes.get(type, StatusCounts()) for type in CodeType},
            registrations=entries.by_status,
        )

    async def _campaign(self, id: CampaignId) -> Campaign | None:
        try:
            return await self.campaigns.get(id)
        except CampaignNotFound:
            return None
