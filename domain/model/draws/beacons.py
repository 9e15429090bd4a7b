"""Where the randomness of a draw comes from: a public value that is not known before its time."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.model.draws.errors import DrawTooEarly
from domain.model.errors import InvalidValue
from domain.model.messaging.messages import instant

MAX_ROUND: Final = 2**53 - 1
"""The greatest integer that all readers of JSON read exactly."""
LATEST: Final = timedelta(days=3_660)
"""After the notice. A round that is published later is a mistake, and may be later than the last date there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrandChain:
    """A chain of drand: one random value per round, signed by many parties together."""

    hash: str
    genesis: datetime
    period: timedelta

    def published_at(self, round: int) -> datetime:
        """When a round is published. The first round is number 1, at the genesis."""
        return self.genesis + (round - 1) * self.period

    def first_round_from(self, time: datetime) -> int:
        """The first round that is published at this time or later. Round up: the round before is known by then."""
        return max(1, 1 - (self.genesis - time) // self.period)


QUICKNET: Final = DrandChain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    genesis=datetime.fromtimestamp(1692803367, UTC),
    period=timedelta(seconds=3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrandRequest:
    """Staff ask for a round of drand. None: the first one that is late enough."""

    round: int | None = None

    def fixed(self, announced_at: datetime, notice: timedelta, chain: DrandChain = QUICKNET) -> "DrandRound":
        """The round of the draw.

        Raises InvalidValue for a round that is published before the notice ends, or years later.
        """
        first, last = (chain.first_round_from(announced_at + wait) for wait in (notice, notice + LATEST))
        number = first if self.round is None else self.round
        if not first <= number <= last:
            at = instant(chain.published_at(first))
            raise InvalidValue(
                "beacon.round",
                f"must be {first} to {last}: round {first} is published at {at}, the last one {LATEST.days} days "
                f"later, and a draw is announced {notice.total_seconds():.0f} s before its randomness is known",
            )
        return DrandRound(chain=chain.hash, round=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrandRound:
    """The round of a chain that decides the draw."""

    chain: str
    round: int

    def json(self) -> dict[str, object]:
        return {"kind": "drand", "chain": self.chain, "round": self.round}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualBeacon:
    """Staff give the randomness: a value that could not be known at the announcement, such as dice in public."""

    def fixed(self, announced_at: datetime, notice: timedelta) -> "ManualBeacon":
        """There is no round to choose."""
        return self

    def json(self) -> dict[str, object]:
        return {"kind": "manual"}


def too_early(beacon: DrandRound, now: datetime) -> DrawTooEarly:
    """The error while the round is not published. It says how long to wait."""
    at = QUICKNET.published_at(beacon.round)
    seconds = max(1, math.ceil((at - now).total_seconds()))
    return DrawTooEarly(round=beacon.round, at=instant(at), seconds=seconds)


BeaconRequest = DrandRequest | ManualBeacon
Beacon = DrandRound | ManualBeacon
