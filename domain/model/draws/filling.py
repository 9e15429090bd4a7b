"""Places that are freed or added after a draw (step 8 in docs/fair-draws.md).

They go to those who wait, in the same order. Nothing is drawn again, and an entrant with a place is not moved.
"""

from collections.abc import Collection, Iterable, Mapping

from domain.model.draws.allocation import Allocation, allocate
from domain.model.draws.order import DrawnLine
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId


def fill(order: Iterable[DrawnLine], waiting: Collection[BallotId], places: Mapping[MarketId, int]) -> Allocation:
    """Offer free places to those who wait. ``order``: that of the draw. ``waiting``: the ballots without a place
    that are still registered.

    The result is that of a draw with only these entrants and only these places, in the same order.
    """
    return allocate((drawn for drawn in order if drawn.line.ballot_id in waiting), places)


def waitlist_positions(
    order: Iterable[DrawnLine], waiting: Collection[BallotId], ballot_id: BallotId
) -> dict[MarketId, int]:
    """The place of one entrant in the waitlist of each market of the line, from 1. Empty: the entrant does not
    wait."""
    before: dict[MarketId, int] = {}
    for drawn in order:
        if drawn.line.ballot_id not in waiting:
            continue
        for market in drawn.line.markets:
            before[market] = before.get(market, 0) + 1
        if drawn.line.ballot_id == ballot_id:
            return {market: before[market] for market in drawn.line.markets}
    return {}
