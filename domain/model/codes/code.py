"""One access code: available, reserved for a day, or assigned for ever (code-service, "Code Status Lifecycle").

A hold ends by the clock, at its deadline. The sweeper stores this end some time later. Every method here takes
``now`` and answers as if the sweeper had just run, so the answer does not depend on the sweeper.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.model.ids import CampaignId, ImportId, ReserveId, UserId

MAX_CODE_LENGTH: Final = 128
MAX_PER_REQUEST: Final = 1_000
HISTORY_LIMIT: Final = 1_000
"""The most transitions that are kept for one code. A code that is reserved and released in a loop stays small."""
SWEEPER: Final = "fangate"
"""The actor in the history when a hold ended by the clock."""


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
    """Why one code of a bulk request was not changed."""

    NOT_FOUND = "not_found"
    NOT_RESERVED = "not_reserved"
    RESERVED_BY_ANOTHER = "reserved_by_another"
    EXPIRED = "expired"
    ASSIGNED = "assigned"
    ASSIGNED_TO_ANOTHER = "assigned_to_another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The right of one reservation to one code, until it lapses.

    ``position`` is the number of the code in its reservation (0 … count-1). A store lets only one code take each
    position. This is why a repeated reservation under the same reserveId gets the same codes.
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
    """The import and the line of its file that a code came from."""

    import_id: ImportId
    line: int
    at: datetime
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One access code of one campaign. ``version`` counts its changes. Stores compare it before they write."""

    campaign_id: CampaignId
    text: str = field(repr=False)
    type: CodeType
    provenance: Provenance
    version: int = 0
    hold: Hold | None = None
    assigned_to: UserId | None = None
    assigned_at: datetime | None = None
    transitions: tuple[Transition, ...] = ()
    """The changes since the import, oldest first. A store may load only the newest of them."""

    def status(self, now: datetime) -> CodeStatus:
        if self.assigned_to is not None:
            return CodeStatus.ASSIGNED
        if self.hold is not None and not self.hold.lapsed(now):
            return CodeStatus.RESERVED
        return CodeStatus.AVAILABLE

    def belongs_to_live_reservation(self, reserve_id: ReserveId, now: datetime) -> bool:
        """Is the code part of this reservation, and has the reservation not lapsed? It may be assigned already."""
        return self.hold is not None and self.hold.reserve_id == reserve_id and not self.hold.lapsed(now)

    def has_lapsed(self, now: datetime) -> bool:
        """Has the stored hold ended by the clock?"""
        return self.assigned_to is None and self.hold is not None and self.hold.lapsed(now)

    def lapse(self, now: datetime) -> "Code":
        """Record the end of the hold, with the time of its deadline (code-service REQ-003). No change before
        that."""
        if self.hold is None or not self.has_lapsed(now):
            return self
        expired = Transition(
            event=CodeEvent.EXPIRED, at=self.hold.expires_at, by=SWEEPER, reserve_id=self.hold.reserve_id
        )
        return self._moved(expired, hold=None)

    def reserve(self, hold: Hold, now: datetime, by: UserId) -> "Code | Refusal":
        """Hold an available code: it was never held, was released, or its hold has lapsed (code-service
        REQ-003)."""
        match self.status(now):
            case CodeStatus.ASSIGNED:
                return Refusal.ASSIGNED
            case CodeStatus.RESERVED:
                return Refusal.RESERVED_BY_ANOTHER
            case CodeStatus.AVAILABLE:
                reserved = Transition(event=CodeEvent.RESERVED, at=now, by=by, reserve_id=hold.reserve_id)
                return self.lapse(now)._moved(reserved, hold=hold)

    def concerns(self, user_id: UserId) -> bool:
        """Does the code, its history or its import name this person?"""
        named = [self.assigned_to, self.provenance.by, *(one.by for one in self.transitions)]
        return user_id in named or any(one.user_id == user_id for one in self.transitions)

    def replace_person(self, user_id: UserId, pseudonym: UserId) -> "Code":
        """The same code, with a pseudonym in the place of an erased person's id."""

        def named(id: str | None) -> UserId:
            return pseudonym if id == user_id else UserId(id or "")

        return replace(
            self,
            assigned_to=None if self.assigned_to is None else named(self.assigned_to),
            provenance=replace(self.provenance, by=named(self.provenance.by)),
            transitions=tuple(
                replace(one, by=named(one.by), user_id=None if one.user_id is None else named(one.user_id))
                for one in self.transitions
            ),
        )

    def assign(self, reserve_id: ReserveId, user_id: UserId, now: datetime, by: UserId) -> "Code | Refusal":
        """Assign the code to a fan, for ever. A repeat for the same fan changes nothing."""
        if self.assigned_to is not None:
            return self if self.assigned_to == user_id else Refusal.ASSIGNED_TO_ANOTHER
        if refusal := self._not_held_by(reserve_id, now):
            return refusal
        assigned = Transition(event=CodeEvent.ASSIGNED, at=now, by=by, reserve_id=reserve_id, user_id=user_id)
        return replace(self._moved(assigned, hold=self.hold), assigned_to=user_id, assigned_at=now)

    def release(self, reserve_id: ReserveId, now: datetime, by: UserId) -> "Code | Refusal":
        """Give a held code back to the pool. An assigned code never goes back."""
        if self.assigned_to is not None:
            return Refusal.ASSIGNED
        if refusal := self._not_held_by(reserve_id, now):
            return refusal
        released = Transition(event=CodeEvent.RELEASED, at=now, by=by, reserve_id=reserve_id)
        return self._moved(released, hold=None)

    def history(self, now: datetime) -> tuple[Transition, ...]:
        """The full history, oldest first: the import, all transitions, and a lapse that is not stored yet."""
        imported = Transition(event=CodeEvent.IMPORTED, at=self.provenance.at, by=self.provenance.by)
        return (imported, *self.lapse(now).transitions)

    def _not_held_by(self, reserve_id: ReserveId, now: datetime) -> Refusal | None:
        """Why ``reserve_id`` does not hold this unassigned code. The answer is the same before and after the
        sweeper."""
        swept = self.lapse(now)
        if swept.hold is None:
            last = swept.transitions[-1] if swept.transitions else None
            ended = last is not None and last.event is CodeEvent.EXPIRED and last.reserve_id == reserve_id
            return Refusal.EXPIRED if ended else Refusal.NOT_RESERVED
        return None if swept.hold.reserve_id == reserve_id else Refusal.RESERVED_BY_ANOTHER

    def _moved(self, transition: Transition, *, hold: Hold | None) -> "Code":
        """A copy with one more transition. ``dataclasses.replace`` takes three times as long, and this runs for
        each reserved code."""
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
