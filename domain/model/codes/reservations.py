"""Reservations: a claim for codes of a campaign, and its result (code-service REQ-007, "Reservation Logic")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.model.codes.code import Code, CodeType, Hold
from domain.model.codes.errors import ReservationMismatch
from domain.model.ids import CampaignId, ReserveId, UserId

MAX_PER_RESERVATION: Final = 1_000
CLAIM_RETRIES: Final = 3
"""How often a claim is tried again after it lost a race (code-service REQ-007)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request to hold ``count`` codes under one reserveId, all or nothing."""

    campaign_id: CampaignId
    type: CodeType
    count: int
    reserve_id: ReserveId
    by: UserId
    now: datetime
    ttl: timedelta
    chosen_by_caller: bool
    """The caller sent the reserveId, so it may hold codes already."""

    def hold(self, position: int, *, like: Hold | None = None) -> Hold:
        """The hold for one position. ``like``: a hold of the same reservation; its times are kept."""
        return Hold(
            reserve_id=self.reserve_id,
            position=position,
            count=self.count,
            reserved_at=like.reserved_at if like else self.now,
            expires_at=like.expires_at if like else self.now + self.ttl,
        )

    def open_positions(self, held: Sequence[Code]) -> list[int]:
        """The positions without a code. ``held``: the codes that our reserveId holds already.

        Raises ReservationMismatch when that reservation has another type or another count.
        """
        if not held:
            return [*range(self.count)]
        holds = [code.hold for code in held if code.hold is not None]
        if any(code.type is not self.type for code in held) or any(hold.count != self.count for hold in holds):
            raise ReservationMismatch
        taken = {hold.position for hold in holds}
        return [position for position in range(self.count) if position not in taken]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The codes that the caller holds."""

    campaign_id: CampaignId
    type: CodeType
    reserve_id: ReserveId
    codes: tuple[str, ...] = field(repr=False)
    reserved_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, codes: Sequence[Code]) -> "Reservation":
        """The reservation of these codes, which all have the same reserveId, in the order of their positions.

        When two claims with one reserveId filled it together, the holds may have different deadlines. The
        earliest one counts.
        """
        held = sorted(((code.hold, code) for code in codes if code.hold), key=lambda pair: pair[0].position)
        hold, first = min(held, key=lambda pair: pair[0].expires_at)
        return cls(
            campaign_id=first.campaign_id,
            type=first.type,
            reserve_id=hold.reserve_id,
            codes=tuple(code.text for _, code in held),
            reserved_at=hold.reserved_at,
            expires_at=hold.expires_at,
        )
