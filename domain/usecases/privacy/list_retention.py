"""List the campaigns that lose their registrations next, by retention."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from ports.entries import EntryQueries
from ports.neighbours import Campaigns
from ports.system import Clock

CAMPAIGNS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """A campaign with registrations, and from when on a purge takes them."""

    campaign: Campaign
    registrations: int
    due_at: datetime
    due: bool
    """The next purge takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    next: Sequence[Retained]
    """Those that are taken first, in their order."""
    later: int
    """Campaigns that close at a known time, and are not among the next."""
    kept: int
    """Campaigns that have no `closesAt`, or that campaign-service does not know: no purge takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRetention:
    """The campaigns with registrations, in the order in which purges take them, for a given retention.

    The rule is that of the purge itself. Only the campaigns that come first are counted.
    """

    raises: ClassVar[Refusals] = ()

    queries: EntryQueries
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, days: int, *, limit: int) -> Retention:
        """Raises Unavailable."""
        closing: list[tuple[datetime, Campaign]] = []
        kept = 0
        async for id in self._with_registrations():
            campaign = await self._campaign(id)
            if campaign is None or campaign.closes_at is None:
                kept += 1
            else:
                closing.append((campaign.closes_at, campaign))
        closing.sort(key=lambda one: (one[0], one[1].id))
        first = [await self._retained(campaign, closes, days) for closes, campaign in closing[:limit]]
        return Retention(next=first, later=len(closing) - len(first), kept=kept)

    async def _retained(self, campaign: Campaign, closes_at: datetime, days: int) -> Retained:
        retention = timedelta(days=days)
        counted = await self.queries.count(campaign.id, [])
        return Retained(
            campaign=campaign,
            registrations=sum(counted.by_status.values()),
            due_at=closes_at + retention,
            due=campaign.closed_for(retention, self.clock.now()),
        )

    async def _campaign(self, id: CampaignId) -> Campaign | None:
        try:
            return await self.campaigns.get(id)
        except CampaignNotFound:
            return None

    async def _with_registrations(self) -> AsyncIterator[CampaignId]:
        after: CampaignId | None = None
        while found := await self.queries.campaigns(CAMPAIGNS_AT_ONCE, after=after):
            for campaign_id in found:
                yield campaign_id
            after = found[-1]
