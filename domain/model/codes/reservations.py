"""Reservations: a claim for some codes of a campaign, and what it became (code-service, "Reservation Logic")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.model.codes.code import Code, CodeType, Hold
from domain.model.codes.errors import ReservationMismatch
from domain.model.ids import CampaignId, ReserveId, UserId

MAX_PER_RESERVATION: Final = 1_000
CLAIM_RETRIES: Final = 3
"""How often a claim that lost a race is tried again (code-service REQ-007)."""


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
    """The caller named the reserveId, so codes may be held under it already."""

    def hold(self, position: int, *, like: Hold | None = None) -> Hold:
        """The hold on place ``ordinal``; a reservation that is being completed keeps its first times."""
        return Hold(
            reserve_id=self.reserve_id,
            position=position,
            count=self.count,
            reserved_at=like.reserved_at if like else self.now,
            expires_at=like.expires_at if like else self.now + self.ttl,
        )

    def open_positions(self, held: Sequence[Code]) -> list[int]:
        """Which places are still empty, ``held`` being the codes that our reserveId holds already.

        Raises ReservationMismatch when that reservation was for another type or number.
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
    """What the caller holds."""

    campaign_id: CampaignId
    type: CodeType
    reserve_id: ReserveId
    codes: tuple[str, ...] = field(repr=False)
    reserved_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, codes: Sequence[Code]) -> "Reservation":
        """The reservation that these codes, all of one reserveId, make up; in the order of their places.

        Where two claims under one reserveId filled it together, it lasts as long as its first hold to lapse.
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
