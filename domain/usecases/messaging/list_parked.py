"""List parked messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.model.messaging.relaying import Parked
from ports.messaging import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParked:
    """The messages that were refused too often, the longest parked first. Their content is not shown."""

    raises: ClassVar[Refusals] = ()

    outbox: Outbox

    async def __call__(self, campaign_id: CampaignId | None, limit: int) -> Sequence[Parked]:
        return await self.outbox.parked(campaign_id, limit)
