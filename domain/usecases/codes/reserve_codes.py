"""Hold codes for a workflow of several steps."""

from dataclasses import dataclass
from datetime import timedelta

from domain.model.codes.code import CodeType
from domain.model.codes.reservations import Claim, Reservation
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

    Available are codes never reserved, released ones, and those whose hold has lapsed. No code is ever in
    two live reservations. Asking again with the same reserveId, type and count, while the hold lives,
    answers the same codes and the same times (code-service REQ-003, REQ-007, "Reservation Logic").
    """

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
