"""One claim on its way to a full reservation, or to a refusal: its phases, and what moves it between them.

The diagram of the phases is in docs/architecture.md, "Claiming".
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from adapters.mongo.batching import settle
from adapters.mongo.codes.claims.held import HeldCodes, held_codes
from domain.model.codes.code import Code, CodeType, Refusal
from domain.model.codes.reservations import Claim, Reservation
from domain.model.errors import DomainError
from domain.model.ids import CampaignId

Pool = tuple[CampaignId, CodeType]


class Phase(Enum):
    """What has to be done next for the claim."""

    RECALL = auto()
    """Read what its reserveId holds: not known yet, or not sure any more."""
    TAKE = auto()
    """Take free codes for its empty positions."""
    CONFIRM = auto()
    """Confirm what another claim under the reserveId took, before a caller is told of it."""
    FILLED = auto()
    """Answer: all positions are filled, and no other claim can give a code back."""
    MISMATCHED = auto()
    """Give back and refuse: the reserveId holds another type or count."""
    SETTLE = auto()
    """Go on alone: too few codes were found, or every try lost a race."""
    ANSWERED = auto()
    LEFT = auto()
    """Give back: the caller has left."""


_UNDER_WAY: Final = (Phase.RECALL, Phase.TAKE, Phase.CONFIRM)


class ClaimAttempt:
    """The one owner of a claim's state. What was read and written is reported to it; only its methods move it."""

    __slots__ = ("_begun", "_held", "_phase", "answer", "claim")

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.answer: asyncio.Future[Reservation] = asyncio.get_running_loop().create_future()
        self._begun = time.monotonic()
        self._held = held_codes(claim)
        self._phase = Phase.TAKE
        self._doubt()

    @property
    def phase(self) -> Phase:
        if self.answer.cancelled():
            return Phase.LEFT
        return Phase.ANSWERED if self.answer.done() else self._phase

    @property
    def over(self) -> bool:
        """Answered, or its caller has left."""
        return self.answer.done()

    @property
    def under_way(self) -> bool:
        return self._phase in _UNDER_WAY and not self.over

    @property
    def held(self) -> HeldCodes:
        return self._held

    @property
    def pool(self) -> Pool:
        return self.claim.campaign_id, self.claim.type

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begun)

    def reserve(self, code: Code, position: int) -> Code | Refusal:
        return code.reserve(self.claim.hold(position, like=self._held.like), self.claim.now, self.claim.by)

    def recalled(self, codes: Sequence[Code]) -> None:
        """These codes are stored under the reserveId."""
        self._know(self._held.recalled(codes, self.claim))

    def took(self, codes: Sequence[Code], *, lost: bool) -> None:
        """This claim took these codes; ``lost``: other claims were faster at some that it wanted."""
        before = self._held
        self._know(before.with_taken(codes, self.claim))
        # A code that was held already and could be taken again was released in between, perhaps with others.
        taken_again = len(self._held.codes) < len(before.codes) + len(codes)
        if lost or taken_again:
            self._doubt()

    def fell_short(self) -> None:
        """Too few free codes were found, or all tries are used up."""
        self._phase = Phase.SETTLE

    def confirmed(self, *, all_held: bool) -> None:
        """The codes of other claims were confirmed; unless ``all_held``, some of them were given back before."""
        if all_held:
            self._know(self._held.confirmed())
        else:
            self._doubt()

    def gave_back(self) -> None:
        """What this claim took is free again, unless another claim under the reserveId has confirmed it."""
        self._know(self._held.without_own(self.claim))
        self._doubt()

    def succeed(self) -> None:
        settle(self.answer, Reservation.of(self._held.codes))

    def fail(self, error: DomainError) -> None:
        settle(self.answer, error)

    def _doubt(self) -> None:
        """A reserveId that is new is known to this claim alone: it holds what this claim took, and no more."""
        if self.claim.chosen_by_caller:
            self._phase = Phase.RECALL

    def _know(self, held: HeldCodes) -> None:
        self._held = held
        self._phase = _next_phase(held)


def _next_phase(held: HeldCodes) -> Phase:
    if held.contested:
        return Phase.RECALL  # until the other claim has given back what it took
    if held.mismatch is not None:
        return Phase.MISMATCHED
    if held.empty_positions:
        return Phase.TAKE
    return Phase.CONFIRM if held.unconfirmed else Phase.FILLED
