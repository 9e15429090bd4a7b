"""Reserve codes for a workflow of several steps."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.model.codes.code import CodeType
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.codes.reservations import Claim, Reservation
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, ReserveId, UserId, new_reserve_id
from ports.codes import CodePool
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveCodesCommand:
    campaign_id: CampaignId
    type: CodeType
    count: int
    reserve_id: ReserveId | None = None
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveCodes:
    """Hold codes of one type for one caller, all or nothing, until the hold lapses.

    A code is available when it was never reserved, was released, or its hold has lapsed. A code is never in two
    reservations at the same time. A repeat with the same reserveId, type and count, before the hold lapses,
    returns the same codes and times (code-service REQ-003, REQ-007, "Reservation Logic").
    """

    raises: ClassVar[Refusals] = (CodesExhausted, ReservationMismatch)

    pool: CodePool
    clock: Clock
    ttl: timedelta

    async def __call__(self, command: ReserveCodesCommand) -> Reservation:
        """Raises CodesExhausted, ReservationMismatch."""
        claim = Claim(
            campaign_id=command.campaign_id,
            type=command.type,
            count=command.count,
            reserve_id=command.reserve_id or new_reserve_id(),
            by=command.by,
            now=self.clock.now(),
            ttl=self.ttl,
            chosen_by_caller=command.reserve_id is not None,
        )
        return await self.pool.claim(claim)
