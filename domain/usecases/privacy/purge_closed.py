"""Withdraw registrations of campaigns that closed long ago."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.errors import CampaignNotFound
from ports.entries import EntryQueries, Withdrawals
from ports.neighbours import Campaigns
from ports.system import Clock

CAMPAIGNS_AT_ONCE: Final = 100
FANS_AT_ONCE: Final = 200
IN_FLIGHT: Final = 4
"""Withdrawals at once: registrations of open campaigns come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeCommand:
    days: int
    """Since the campaign closed."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    campaigns: int = 0
    """Campaigns that closed long enough ago, and had registrations."""
    entries: int = 0
    """Registrations that were withdrawn. Of a dry run: that would be."""
    unknown: int = 0
    """Campaigns that campaign-service does not know. Their registrations stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeClosed:
    """Withdraw all registrations of campaigns that closed a given time ago, as their fans could.

    A campaign counts when it takes no registrations and its `closesAt` is that long ago. One without `closesAt`,
    and one that campaign-service does not know, is left alone. After an interruption, the next run withdraws the
    rest.
    """

    queries: EntryQueries
    withdrawals: Withdrawals
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, command: PurgeCommand) -> Purged:
        """Raises Unavailable."""
        now = self.clock.now()
        concerned = entries = unknown = 0
        async for campaign_id in self._campaigns():
            try:
                campaign = await self.campaigns.get(campaign_id)
            except CampaignNotFound:
                unknown += 1
                continue
            if campaign.closed_for(timedelta(days=command.days), now):
                purged = await self._purge(campaign_id, now, dry_run=command.dry_run)
                concerned += purged > 0
                entries += purged
        return Purged(campaigns=concerned, entries=entries, unknown=unknown)

    async def _campaigns(self) -> AsyncIterator[CampaignId]:
        after: CampaignId | None = None
        while found := await self.queries.campaigns(CAMPAIGNS_AT_ONCE, after=after):
            for campaign_id in found:
                yield campaign_id
            after = found[-1]

    async def _purge(self, campaign_id: CampaignId, now: datetime, *, dry_run: bool) -> int:
        purged = 0
        after: UserId | None = None
        while fans := await self.withdrawals.registered(campaign_id, after, FANS_AT_ONCE):
            for first in range(0, 0 if dry_run else len(fans), IN_FLIGHT):
                some = fans[first : first + IN_FLIGHT]
                await asyncio.gather(*(self.withdrawals.withdraw(campaign_id, one, now) for one in some))
            purged += len(fans)
            after = fans[-1]
        return purged
