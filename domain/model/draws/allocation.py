"""Who gets which place: random serial dictatorship (steps 6 and 7 in docs/fair-draws.md).

Each entrant in turn takes the first market of the own line that has a place left. So no entrant can gain by a line
that is not the true preference. Do not fill all first choices and then the second ones: there, an honest line
loses.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.model.draws.lines import Line
from domain.model.draws.order import DrawnLine
from domain.model.draws.rules import NO_PLACE
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId


class Cutoff(NamedTuple):
    """The turn of the entrant who got the last place of a market."""

    tier: int
    key: bytes


Cutoffs = Mapping[MarketId, Cutoff | None]
"""By market. None: the market has places left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawResult:
    """What the algorithm gives. It does not depend on what entries did since the announcement."""

    placed: Mapping[MarketId, int]
    waitlisted: int
    cutoffs: Cutoffs
    result_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The result of a draw, or of a filling."""

    markets: Mapping[BallotId, MarketId | None]
    """The market of each entrant, in the order in which they chose. None: the entrant waits."""
    cutoffs: Cutoffs

    @property
    def placed(self) -> Mapping[MarketId, int]:
        """How many got a place, by market. Markets without any are in it, with 0."""
        counted = Counter(market for market in self.markets.values() if market is not None)
        return {market: counted[market] for market in self.cutoffs}

    @property
    def result_digest(self) -> str:
        return result_digest(result_lines(self.markets))

    @property
    def waitlisted(self) -> int:
        return sum(market is None for market in self.markets.values())


def allocate(order: Iterable[DrawnLine], places: Mapping[MarketId, int]) -> Allocation:
    """Let each entrant in turn take a place. An entrant who finds none waits for all markets of the line."""
    left = dict(places)
    markets: dict[BallotId, MarketId | None] = {}
    cutoffs: dict[MarketId, Cutoff | None] = dict.fromkeys(places)
    for drawn in order:
        market = first_with_place(drawn.line, left)
        markets[drawn.line.ballot_id] = market
        if market is None:
            continue
        left[market] -= 1
        if left[market] == 0:
            cutoffs[market] = Cutoff(drawn.line.tier, drawn.key)
    return Allocation(markets=markets, cutoffs=cutoffs)


def first_with_place(line: Line, left: Mapping[MarketId, int]) -> MarketId | None:
    return next((market for market in line.markets if left.get(market, 0) > 0), None)


def result_lines(markets: Mapping[BallotId, MarketId | None]) -> list[bytes]:
    """The lines of the result without line feeds, sorted by their bytes."""
    return sorted(f"{ballot_id},{market or NO_PLACE}".encode() for ballot_id, market in markets.items())


def read_result_line(encoded: bytes) -> tuple[BallotId, MarketId | None]:
    """The ballot and its market, of a line of ``result_lines``. None: no place."""
    ballot_id, _, market = encoded.decode().partition(",")
    return BallotId(ballot_id), None if market == NO_PLACE else MarketId(market)


def result_digest(encoded: Iterable[bytes]) -> str:
    """SHA-256 of the result. Each line ends with a line feed, the last one too."""
    digest = hashlib.sha256()
    for line in encoded:
        digest.update(line + b"\n")
    return digest.hexdigest()


def sum_places(one: Mapping[MarketId, int], other: Mapping[MarketId, int]) -> dict[MarketId, int]:
    """By market. Markets without any are left out."""
    total = {market: one.get(market, 0) + other.get(market, 0) for market in (*one, *other)}
    return {market: count for market, count in total.items() if count}
