"""What one reserveId holds, as far as its claim knows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.model.codes.code import Code, Hold
from domain.model.codes.errors import ReservationMismatch
from domain.model.codes.reservations import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCodes:
    """One view of the store, replaced as a whole when more is known."""

    codes: tuple[Code, ...]
    """All codes under the reserveId, also those that another claim under it took."""
    own: tuple[Code, ...]
    """Those of them that this claim took and that no other claim has confirmed."""
    unconfirmed: tuple[Code, ...]
    """Those that another claim took and may still give back."""
    empty_positions: tuple[int, ...]
    mismatch: ReservationMismatch | None
    """The codes are held for another type or count than the claim asks for."""
    contested: bool
    """A mismatch that will end: the other claim came second and gives back what it took."""

    @property
    def like(self) -> Hold | None:
        """A hold that more codes must be like, so that a reservation keeps its first times."""
        return self.codes[0].hold if self.codes else None

    def confirmed(self) -> "HeldCodes":
        return replace(self, unconfirmed=())

    def recalled(self, stored: Sequence[Code], claim: Claim) -> "HeldCodes":
        """Of its own, this claim keeps those that are stored just as it wrote them."""
        versions = {(code.text, code.version) for code in stored}
        own = [code for code in self.own if (code.text, code.version) in versions]
        return held_codes(claim, codes=stored, own=own)

    def with_taken(self, taken: Sequence[Code], claim: Claim) -> "HeldCodes":
        texts = {code.text for code in taken}
        codes = [*_without(self.codes, texts), *taken]
        own = [*_without(self.own, texts), *taken]
        return held_codes(claim, codes=codes, own=own)

    def without_own(self, claim: Claim) -> "HeldCodes":
        return held_codes(claim, codes=_without(self.codes, {code.text for code in self.own}))


def held_codes(claim: Claim, *, codes: Sequence[Code] = (), own: Sequence[Code] = ()) -> HeldCodes:
    empty_positions: Sequence[int] = ()
    mismatch: ReservationMismatch | None = None
    try:
        empty_positions = claim.open_positions(codes)
    except ReservationMismatch as error:
        mismatch = error
    return HeldCodes(
        codes=tuple(codes),
        own=tuple(own),
        unconfirmed=_unconfirmed(codes, own),
        empty_positions=tuple(empty_positions),
        mismatch=mismatch,
        contested=mismatch is not None and _came_first(claim, codes),
    )


def _unconfirmed(codes: Sequence[Code], own: Sequence[Code]) -> tuple[Code, ...]:
    """An assigned code can no longer be given back, whichever claim took it."""
    if len(own) == len(codes):
        return ()
    mine = {code.text for code in own}
    return tuple(code for code in codes if code.assigned_to is None and code.text not in mine)


def _came_first(claim: Claim, codes: Sequence[Code]) -> bool:
    """Two different claims under one reserveId: the one that holds the first position wins."""
    holds = [(code.hold, code.type) for code in codes if code.hold is not None]
    hold, type = min(holds, key=lambda pair: pair[0].position)
    return type is claim.type and hold.count == claim.count


def _without(codes: Sequence[Code], texts: set[str]) -> list[Code]:
    return [code for code in codes if code.text not in texts]
