"""The mail that tells a fan: you are registered."""

from dataclasses import dataclass, field
from typing import Protocol

from domain.model.ids import CampaignId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the mail says, and to whom. ``id`` tells a repeat from another receipt."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    markets: tuple[str, ...] = ()


class Receipts(Protocol):
    async def send(self, receipt: Receipt) -> bool:
        """Send it, once for each ``id`` where the mailer can tell. False if the mailer will not have it, now or
        later (an address that is none). Raises Unavailable when it may work later."""
        ...
