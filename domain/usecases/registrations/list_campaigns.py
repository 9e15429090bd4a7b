"""The campaigns at a glance."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

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

AT_ONCE: Final = 1_000
"""Ids that are read together. A caller may be allowed to see few of many campaigns."""


def _all(_: CampaignId) -> bool:
    return True


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

    A token that is narrowed to campaigns gets these only. A campaign that campaign-service does not know any more
    is listed without name and times.
    """

    raises: ClassVar[Refusals] = ()

    campaigns: Campaigns
    catalogue: CodeCatalogue
    queries: EntryQueries
    clock: Clock

    async def __call__(
        self, *, after: CampaignId | None, limit: int, reaches: Callable[[CampaignId], bool] = _all
    ) -> CampaignPage:
        """``reaches``: is the caller allowed to see this campaign?"""
        found: list[CampaignId] = []
        more = True
        while more and len(found) <= limit:
            read = await self._ids(after)
            found += filter(reaches, read)
            more = len(read) == AT_ONCE
            after = read[-1] if read else after
        page = [await self._summary(id) for id in found[:limit]]
        return CampaignPage(campaigns=page, next=found[limit - 1] if len(found) > limit else None)

    async def _ids(self, after: CampaignId | None) -> Sequence[CampaignId]:
        """The next ones, in their order."""
        with_codes = await self.catalogue.campaigns(AT_ONCE, after=after)
        with_entries = await self.queries.campaigns(AT_ONCE, after=after)
        return list(dict.fromkeys(heapq.merge(with_codes, with_entries)))[:AT_ONCE]

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
