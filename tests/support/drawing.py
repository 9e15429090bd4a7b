"""Entrants of draws, made from a number, so that tests with many of them are the same each time."""

import hashlib
import random
from collections.abc import AsyncIterator, Iterable, Sequence

from domain.model.draws.chunks import pieces
from domain.model.draws.lines import Line
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


async def in_chunks(encoded: Iterable[bytes]) -> AsyncIterator[Sequence[bytes]]:
    for piece in pieces(encoded):
        yield piece
