"""One claim on its way to a full reservation."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.model.codes.code import Code, CodeType, Refusal
from domain.model.codes.reservations import Claim, Reservation
from domain.model.errors import DomainError
from domain.model.ids import CampaignId

Pool = tuple[CampaignId, CodeType]


@dataclass(slots=True, eq=False)
class Filling:
    claim: Claim
    done: "asyncio.Future[Reservation]"
    held: list[Code] = field(default_factory=list)
    """All that is held under the reserveId, ours and what was there before."""
    taken: list[Code] = field(default_factory=list)
    """What this claim took itself."""
    positions: list[int] = field(default_factory=list)
    """Still empty."""
    looked: bool = False
    """Is ``held`` known to be all there is under the reserveId?"""
    refusal: DomainError | None = None
    """What is held under the reserveId is not what this claim asks for."""
    confirmed: bool = False
    """Can those who took the rest of what is held no longer give it back?"""
    begun: float = field(default_factory=time.monotonic)

    @property
    def pool(self) -> Pool:
        return self.claim.campaign_id, self.claim.type

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self.begun)

    @property
    def over(self) -> bool:
        """Answered, refused, or the caller has left."""
        return self.done.done()

    @property
    def full(self) -> bool:
        return not self.positions and self.refusal is None

    @property
    def contested(self) -> bool:
        """A claim with other wishes under our reserveId came second: it will give back what it took."""
        if self.refusal is None:
            return False
        first = min((code for code in self.held if code.hold), key=_position, default=None)
        return first is not None and self._fits(first)

    def _fits(self, code: Code) -> bool:
        return code.type is self.claim.type and code.hold is not None and code.hold.count == self.claim.count

    @property
    def unsure(self) -> list[Code]:
        """Held, but taken by somebody else under the same reserveId, who may be about to give it back."""
        if self.confirmed or len(self.taken) == len(self.held):
            return []
        mine = {(code.text, code.version) for code in self.taken}
        return [code for code in self.held if code.assigned_to is None and (code.text, code.version) not in mine]

    def reserve(self, code: Code, position: int) -> Code | Refusal:
        like = self.held[0].hold if self.held else None
        return code.reserve(self.claim.hold(position, like=like), self.claim.now, self.claim.by)

    def recall(self, held: Sequence[Code]) -> None:
        """Begin again from what is stored under the reserveId."""
        stored = {(code.text, code.version) for code in held}
        self.held = list(held)
        self.taken = [code for code in self.taken if (code.text, code.version) in stored]
        self.looked = True
        self.confirmed = False

    def took(self, code: Code) -> None:
        again = any(code.text == other.text for other in self.held)
        if again:
            # It was held already, and released in between: nothing known of the others is sure.
            self.drop(code.text)
            self.looked = False
        self.held.append(code)
        self.taken.append(code)
        if again:
            self.find_places()
        else:
            self.positions.remove(_position(code))

    def drop(self, *texts: str) -> None:
        self.held = [code for code in self.held if code.text not in texts]
        self.taken = [code for code in self.taken if code.text not in texts]

    def drop_taken(self) -> None:
        self.drop(*(code.text for code in self.taken))
        self.looked = False

    def find_places(self) -> None:
        """Which places are still empty, by what is held."""
        self.refusal = None
        try:
            self.positions = self.claim.open_positions(self.held)
        except DomainError as refusal:
            self.positions = []
            self.refusal = refusal

    def succeed(self) -> None:
        if not self.over:
            self.done.set_result(Reservation.of(self.held))

    def fail(self, error: Exception) -> None:
        if not self.over:
            self.done.set_exception(error)


def _position(code: Code) -> int:
    return code.hold.position if code.hold else 0
