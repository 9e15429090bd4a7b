"""Entrants of draws, made from a number, so that tests with many of them are the same each time."""

import hashlib
import random
from collections.abc import AsyncIterator, Iterable, Sequence

from domain.model.draws.allocation import Cutoff, Cutoffs
from domain.model.draws.chunks import pieces
from domain.model.draws.lines import Line
from domain.model.draws.order import DrawnLine
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId

MARKETS = tuple(map(MarketId, ("nyc", "bos", "münchen", "são paulo", "東京")))


def ballot(number: int) -> BallotId:
    return BallotId(hashlib.sha256(str(number).encode()).hexdigest()[:32])


def some_lines(count: int, *, seed: int = 0) -> list[Line]:
    """Lines of different tiers, weights and markets, in no special order."""
    rng = random.Random(seed)
    return [
        Line(
            ballot(number),
            rng.randrange(3),
            rng.choice((1, 1, 2, 64)),
            tuple(rng.sample(MARKETS, rng.randint(1, 4))),
        )
        for number in range(count)
    ]


def market_by_cutoffs(drawn: DrawnLine, cutoffs: Cutoffs) -> MarketId | None:
    """The market that the line got, found by the published cutoffs alone.

    It is the first market of the line with places left, or with a cutoff at the line's turn or later.
    """
    turn = Cutoff(drawn.line.tier, drawn.key)
    reached = (market for market in drawn.line.markets if (last := cutoffs[market]) is None or turn <= last)
    return next(reached, None)


async def in_chunks(encoded: Iterable[bytes]) -> AsyncIterator[Sequence[bytes]]:
    for piece in pieces(encoded):
        yield piece
