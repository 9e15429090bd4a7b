"""List the messages of one registration that were not passed on yet."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.relaying import EntryMessages
from ports.messaging import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMessages:
    """The messages of one registration that wait to be passed on, and those that are parked. Their content is not
    shown."""

    raises: ClassVar[Refusals] = ()

    outbox: Outbox

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> EntryMessages:
        return await self.outbox.of_entry(campaign_id, user_id)
