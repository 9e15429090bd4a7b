"""Count registrations over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.timeline import TimelinePoint, TimelineSpan, TimeUnit
from ports.entries import EntrySearch
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTimeline:
    """How many registrations were made and confirmed, by minute, hour or day in UTC.

    The units are whole: `from` is rounded down and `to` is rounded up. Without `to` the timeline ends now; without
    `from` it has a day of minutes, a week of hours or a year of days. There are at most 1,500 points, also those
    where nothing happened. Registrations that were withdrawn are not counted. A registration counts as confirmed
    when its present phone was confirmed. All counts are of one instant.
    """

    raises: ClassVar[Refusals] = (InvalidValue,)

    search: EntrySearch
    clock: Clock

    async def __call__(
        self, campaign_id: CampaignId, unit: TimeUnit, *, begin: datetime | None, end: datetime | None
    ) -> Sequence[TimelinePoint]:
        """Raises InvalidValue."""
        span = TimelineSpan.covering(unit, begin, end, self.clock.now())
        return await self.search.timeline(campaign_id, span)
