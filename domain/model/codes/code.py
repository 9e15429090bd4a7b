"""A code and its life: available, held for a day, assigned for ever (code-service, "Code Status Lifecycle").

A hold lapses by the clock. Every question below takes ``now`` and answers as if the sweeper had just been by,
so nothing depends on when it really comes.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.model.ids import CampaignId, ImportId, ReserveId, UserId

MAX_CODE_LENGTH: Final = 128
MAX_PER_REQUEST: Final = 1_000
HISTORY_LIMIT: Final = 1_000
"""Transitions kept for one code, so that a code reserved and released in a loop cannot outgrow its record."""
SWEEPER: Final = "fangate"
"""Who is named in the history when nobody but the clock did it."""


class CodeType(StrEnum):
    """Where a code comes from (code-service REQ-002)."""

    TM = "tm"
    EXTERNAL = "external"


class CodeStatus(StrEnum):
    AVAILABLE = "available"
    RESERVED = "reserved"
    ASSIGNED = "assigned"


class CodeEvent(StrEnum):
    IMPORTED = "imported"
    RESERVED = "reserved"
    RELEASED = "released"
    EXPIRED = "expired"
    ASSIGNED = "assigned"


class Refusal(StrEnum):
    """Why one code of a bulk request was left as it is."""

    NOT_FOUND = "not_found"
    NOT_RESERVED = "not_reserved"
    RESERVED_BY_ANOTHER = "reserved_by_another"
    EXPIRED = "expired"
    ASSIGNED = "assigned"
    ASSIGNED_TO_ANOTHER = "assigned_to_another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The right of one reservation to one code, until it lapses.

    ``ordinal`` is the place of the code in its reservation (0 … count-1). A store lets each place be taken
    once, which is what makes a reservation repeated under one id the same reservation.
    """

    reserve_id: ReserveId
    position: int
    count: int
    reserved_at: datetime
    expires_at: datetime

    def lapsed(self, now: datetime) -> bool:
        return self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One line of a code's history."""

    event: CodeEvent
    at: datetime
    by: str
    reserve_id: ReserveId | None = None
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The upload and the line of it that a code came from."""

    import_id: ImportId
    line: int
    at: datetime
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One access code of one campaign. ``version`` counts its changes; stores compare it before they write."""

    campaign_id: CampaignId
    text: str = field(repr=False)
    type: CodeType
    provenance: Provenance
    version: int = 0
    hold: Hold | None = None
    assigned_to: UserId | None = None
    assigned_at: datetime | None = None
    transitions: tuple[Transition, ...] = ()
    """What happened since the import, oldest first. A store may load only the last of them."""

    def status(self, now: datetime) -> CodeStatus:
        if self.assigned_to is not None:
            return CodeStatus.ASSIGNED
        if self.hold is not None and not self.hold.lapsed(now):
            return CodeStatus.RESERVED
        return CodeStatus.AVAILABLE

    def belongs_to_live_reservation(self, reserve_id: ReserveId, now: datetime) -> bool:
        """Is the code, assigned meanwhile or not, part of this reservation, whose time has not run out?"""
        return self.hold is not None and self.hold.reserve_id == reserve_id and not self.hold.lapsed(now)

    def has_lapsed(self, now: datetime) -> bool:
        """Is a hold written down that the clock has ended?"""
        return self.assigned_to is None and self.hold is not None and self.hold.lapsed(now)

    def lapse(self, now: datetime) -> "Code":
        """Write down that the hold ended, at the instant it did (REQ-003). No change if it has not."""
        if self.hold is None or not self.has_lapsed(now):
            return self
        expired = Transition(
            event=CodeEvent.EXPIRED, at=self.hold.expires_at, by=SWEEPER, reserve_id=self.hold.reserve_id
        )
        return self._moved(expired, hold=None)

    def reserve(self, hold: Hold, now: datetime, by: UserId) -> "Code | Refusal":
        """Hold an available code: one never held, given back, or whose hold has lapsed."""
        match self.status(now):
            case CodeStatus.ASSIGNED:
                return Refusal.ASSIGNED
            case CodeStatus.RESERVED:
                return Refusal.RESERVED_BY_ANOTHER
            case CodeStatus.AVAILABLE:
                reserved = Transition(event=CodeEvent.RESERVED, at=now, by=by, reserve_id=hold.reserve_id)
                return self.lapse(now)._moved(reserved, hold=hold)

    def assign(self, reserve_id: ReserveId, user_id: UserId, now: datetime, by: UserId) -> "Code | Refusal":
        """Give the code to a fan, for ever. Giving it to the same fan again changes nothing."""
        if self.assigned_to is not None:
            return self if self.assigned_to == user_id else Refusal.ASSIGNED_TO_ANOTHER
        if refusal := self._not_held_by(reserve_id, now):
            return refusal
        assigned = Transition(event=CodeEvent.ASSIGNED, at=now, by=by, reserve_id=reserve_id, user_id=user_id)
        return replace(self._moved(assigned, hold=self.hold), assigned_to=user_id, assigned_at=now)

    def release(self, reserve_id: ReserveId, now: datetime, by: UserId) -> "Code | Refusal":
        """Give a held code back to the pool; an assigned one never goes back."""
        if self.assigned_to is not None:
            return Refusal.ASSIGNED
        if refusal := self._not_held_by(reserve_id, now):
            return refusal
        released = Transition(event=CodeEvent.RELEASED, at=now, by=by, reserve_id=reserve_id)
        return self._moved(released, hold=None)

    def history(self, now: datetime) -> tuple[Transition, ...]:
        """The whole story, oldest first: the import, what followed, and a lapse that nobody wrote down yet."""
        imported = Transition(event=CodeEvent.IMPORTED, at=self.provenance.at, by=self.provenance.by)
        return (imported, *self.lapse(now).transitions)

    def _not_held_by(self, reserve_id: ReserveId, now: datetime) -> Refusal | None:
        """Why ``reserve_id`` does not hold this unassigned code now; the same before and after the sweeper."""
        swept = self.lapse(now)
        if swept.hold is None:
            last = swept.transitions[-1] if swept.transitions else None
            ended = last is not None and last.event is CodeEvent.EXPIRED and last.reserve_id == reserve_id
            return Refusal.EXPIRED if ended else Refusal.NOT_RESERVED
        return None if swept.hold.reserve_id == reserve_id else Refusal.RESERVED_BY_ANOTHER

    def _moved(self, transition: Transition, *, hold: Hold | None) -> "Code":
        """Spelled out, since ``replace`` takes three times as long, and this is done for each code reserved."""
        return Code(
            campaign_id=self.campaign_id,
            text=self.text,
            type=self.type,
            provenance=self.provenance,
            version=self.version + 1,
            hold=hold,
            assigned_to=self.assigned_to,
            assigned_at=self.assigned_at,
            transitions=(*self.transitions, transition),
        )
