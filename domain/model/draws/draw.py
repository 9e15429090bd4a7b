"""A draw and its life: announced, then running and drawn, or aborted. An announced draw is never changed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.model.draws.allocation import Cutoffs
from domain.model.draws.beacons import QUICKNET, DrandRound
from domain.model.draws.errors import (
    DrawAborted,
    DrawNotAnnounced,
    DrawNotDrawn,
    DrawTooEarly,
    RandomnessMismatch,
)
from domain.model.draws.manifest import Manifest
from domain.model.draws.randomness import draw_key
from domain.model.ids import CampaignId, DrawId
from domain.model.messaging.messages import instant
from domain.model.registrations.markets import MarketId


class DrawStatus(StrEnum):
    ANNOUNCED = "announced"
    RUNNING = "running"
    """The randomness is known and stored: the result is fixed. Entries are being changed."""
    DRAWN = "drawn"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawResult:
    """What the algorithm gives. It does not depend on what entries did since the announcement."""

    placed: Mapping[MarketId, int]
    waitlisted: int
    cutoffs: Cutoffs
    result_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One round of offers to those who wait. ``places``: what was free, by market."""

    number: int
    at: datetime
    places: Mapping[MarketId, int]
    offered: Mapping[MarketId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw of a campaign."""

    id: DrawId
    manifest: Manifest
    status: DrawStatus = DrawStatus.ANNOUNCED
    randomness: str | None = None
    """In hex, lower case."""
    result: DrawResult | None = None
    fillings: tuple[Filling, ...] = ()
    drawn_at: datetime | None = None
    aborted_at: datetime | None = None
    version: int = 0

    @property
    def campaign_id(self) -> CampaignId:
        return self.manifest.campaign_id

    @property
    def number(self) -> int:
        return self.manifest.number

    def key(self) -> bytes:
        """R, the key under which ballots are hashed. Raises DrawNotDrawn while the randomness is not known."""
        if self.randomness is None:
            raise DrawNotDrawn
        return draw_key(self.manifest.encode(), self.manifest.seed, bytes.fromhex(self.randomness))

    def check_may_run(self, now: datetime, *, leeway: timedelta = timedelta(0)) -> None:
        """Raises DrawAborted, and DrawTooEarly before the round of the beacon. A late run is right: the round that
        was announced decides, however late."""
        if self.status is DrawStatus.ABORTED:
            raise DrawAborted
        if not isinstance(self.manifest.beacon, DrandRound):
            return
        at = QUICKNET.published_at(self.manifest.beacon.round)
        if now + leeway < at:
            seconds = math.ceil((at - now).total_seconds())
            raise DrawTooEarly(round=self.manifest.beacon.round, at=instant(at), seconds=seconds)

    def begin_run(self, randomness: str) -> "Draw":
        """From here on the result is fixed. A repeat with the same randomness changes nothing.

        Raises DrawAborted, RandomnessMismatch.
        """
        if self.status is DrawStatus.ABORTED:
            raise DrawAborted
        if self.randomness is not None:
            if self.randomness != randomness:
                raise RandomnessMismatch
            return self
        return replace(self, status=DrawStatus.RUNNING, randomness=randomness, version=self.version + 1)

    def with_result(self, result: DrawResult) -> "Draw":
        """The result is computed. Entries are changed next."""
        return self if self.result == result else replace(self, result=result, version=self.version + 1)

    def finish_run(self, now: datetime) -> "Draw":
        """All entries are changed."""
        if self.status is DrawStatus.DRAWN:
            return self
        return replace(self, status=DrawStatus.DRAWN, drawn_at=now, version=self.version + 1)

    def abort(self, now: datetime) -> "Draw":
        """Give an announced draw up. A repeat changes nothing. Raises DrawNotAnnounced once it runs."""
        if self.status is DrawStatus.ABORTED:
            return self
        if self.status is not DrawStatus.ANNOUNCED:
            raise DrawNotAnnounced
        return replace(self, status=DrawStatus.ABORTED, aborted_at=now, version=self.version + 1)
