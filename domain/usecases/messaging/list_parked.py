"""List parked messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.messaging.relaying import Parked, ParkedPosition
from ports.messaging import Outbox


class ParkedPage(NamedTuple):
    messages: Sequence[Parked]
    next: ParkedPosition | None
    """The next page begins behind it. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParked:
    """The messages that were refused too often, the longest parked first. Their content is not shown."""

    raises: ClassVar[Refusals] = ()

    outbox: Outbox

    async def __call__(
        self, campaign_id: CampaignId | None, limit: int, *, after: ParkedPosition | None = None
    ) -> ParkedPage:
        found = await self.outbox.parked(campaign_id, limit + 1, after=after)
        last = ParkedPosition.of(found[limit - 1]) if len(found) > limit else None
        return ParkedPage(found[:limit], last)
