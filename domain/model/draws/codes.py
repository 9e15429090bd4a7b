"""Codes for fans with a place: what is stored about them with the draw."""

from dataclasses import dataclass
from datetime import datetime

from domain.model.codes.code import CodeType
from domain.model.ids import BallotId, ReserveId


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """Fans with a place who get their codes together, out of one reservation: the first fan the first code."""

    number: int
    """From 1 in each draw."""
    type: CodeType
    reserve_id: ReserveId
    ballots: tuple[BallotId, ...]
    at: datetime
    closing: bool = False
    """Its codes are given, and those that were left over go back to the pool."""
