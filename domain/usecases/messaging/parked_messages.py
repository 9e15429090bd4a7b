"""Look at what was moved aside, and let it try again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.model.ids import CampaignId
from domain.model.messaging.relaying import Parked
from ports.messaging import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParked:
    """The messages that were refused too often, those first that have been parked longest."""

    outbox: Outbox

    async def __call__(self, campaign_id: CampaignId | None, limit: int) -> Sequence[Parked]:
        return await self.outbox.parked(campaign_id, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryParked:
    """Put parked messages back to the front of their entries' outboxes, for a worker to pass on."""

    outbox: Outbox

    async def __call__(self, ids: Collection[str] | None) -> Sequence[str]:
        """All for None; which were there and are put back."""
        return await self.outbox.put_back(ids)
