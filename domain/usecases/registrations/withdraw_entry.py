"""Withdraw a registration."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.errors import EntryNotFound
from ports.entries import Withdrawals
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawEntry:
    """Withdraw a registration, also when the campaign takes none any more.

    Everything personal is removed from it at once, and the number is free for others. The registration is in no
    count but that of withdrawn ones, in no list and no draw. An event reports it, with ids and times only; events
    that were not published yet lose their personal data. Access codes that were assigned stay assigned. A change
    that is under way cannot bring the registration back. The fan may register again while the campaign is open. To
    withdraw again is no error.
    """

    raises: ClassVar[Refusals] = (EntryNotFound,)

    withdrawals: Withdrawals
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> None:
        """Raises EntryNotFound when the fan never registered."""
        if not await self.withdrawals.withdraw(campaign_id, user_id, self.clock.now()):
            raise EntryNotFound
