"""Places that are freed or added after a draw (step 8 in docs/fair-draws.md).

They go to those who wait, in the same order. Nothing is drawn again, and an entrant with a place is not moved.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.model.draws.allocation import first_with_place
from domain.model.draws.lines import Line
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One time that free places were offered to those who wait."""

    number: int
    at: datetime
    places: Mapping[MarketId, int]
    """Places that were added to the draw. Places that entrants gave up are free without that."""
    offered: Mapping[MarketId, int]


class Offer(NamedTuple):
    """A place for an entrant who waits."""

    ballot_id: BallotId
    market: MarketId


def next_offers(waiting: Iterable[Line], free: dict[MarketId, int]) -> Sequence[Offer]:
    """Let each who waits take the first market of the own line that has a free place. ``waiting``: in the order of
    the draw. ``free`` becomes what is left.

    The result is that of a draw with only these entrants and only these places, in the same order.
    """
    offers = []
    for line in waiting:
        if market := first_with_place(line, free):
            free[market] -= 1
            offers.append(Offer(line.ballot_id, market))
    return offers


def wants(line: Line, free: Mapping[MarketId, int]) -> bool:
    """Would the entrant take one of these places?"""
    return first_with_place(line, free) is not None
