"""In which order the entrants choose (steps 5 and 6 in docs/fair-draws.md)."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from domain.model.draws.lines import Line
from domain.model.ids import BallotId


class Turn(NamedTuple):
    """When an entrant chooses. Compare tiers as numbers: as text, 10 comes before 2."""

    tier: int
    key: bytes
    ballot_id: BallotId


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """An entrant, and when the entrant chooses."""

    line: Line
    key: bytes

    @property
    def turn(self) -> Turn:
        return Turn(self.line.tier, self.key, self.line.ballot_id)


def ballot_key(key: bytes, ballot_id: BallotId, weight: int) -> bytes:
    """The least of as many hashes as the weight says (Efraimidis and Spirakis). ``key``: R.

    The ballotId is hashed as its 32 characters, not as the 16 bytes that they stand for. Compare the hashes as
    bytes. Do not divide by the weight: that is another distribution.
    """
    ballot = ballot_id.encode("ascii")
    return min(hmac.digest(key, ballot + turn.to_bytes(2, "big"), "sha256") for turn in range(weight))


def drawn_order(lines: Iterable[Line], key: bytes) -> list[DrawnLine]:
    """The entrants in the order in which they choose. The order of ``lines`` changes nothing."""
    drawn = [DrawnLine(line, ballot_key(key, line.ballot_id, line.weight)) for line in lines]
    return sorted(drawn, key=lambda one: one.turn)
