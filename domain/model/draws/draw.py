"""A draw and its life: announced, then running and drawn, or aborted. An announced draw is never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.model.codes.code import CodeType
from domain.model.draws.allocation import DrawResult, sum_places
from domain.model.draws.beacons import QUICKNET, DrandRound, too_early
from domain.model.draws.codes import Giving
from domain.model.draws.errors import (
    DrawAborted,
    DrawNotAnnounced,
    DrawNotDrawn,
    RandomnessMismatch,
)
from domain.model.draws.filling import Filling, Offer
from domain.model.draws.manifest import Manifest
from domain.model.draws.randomness import draw_key
from domain.model.ids import CampaignId, DrawId
from domain.model.registrations.markets import MarketId


class DrawStatus(StrEnum):
    ANNOUNCED = "announced"
    RUNNING = "running"
    """The randomness is known and stored: the result is fixed. Entries are being changed."""
    DRAWN = "drawn"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw of a campaign."""

    id: DrawId
    manifest: Manifest
    status: DrawStatus = DrawStatus.ANNOUNCED
    randomness: str | None = None
    """In hex, lower case."""
    result: DrawResult | None = None
    applied: int = 0
    """How many chunks of the result are done: their entries are changed."""
    withheld: Mapping[MarketId, int] = field(default_factory=dict)
    """Places of entrants who had withdrawn or declined when the draw ran. They go to those who wait."""
    fillings: tuple[Filling, ...] = ()
    filling: bool = False
    """The last filling is under way."""
    offers: tuple[Offer, ...] = ()
    """Of the filling that is under way: decided, and being made."""
    giving: Giving | None = None
    """Codes that are being given now."""
    givings: int = 0
    """How often codes were given, the one that is under way included."""
    giving_codes: Mapping[CodeType, datetime] = field(default_factory=dict)
    """Types of which codes are being given, or whose process has ended half-way, and since when."""
    claimed_until: datetime | None = None
    """A process works on it. When that process has ended, a worker goes on after this time."""
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

    def check_may_run(self, now: datetime) -> None:
        """Raises DrawAborted, and DrawTooEarly before the round of the beacon. A late run is right: the round that
        was announced decides, however late."""
        if self.status is DrawStatus.ABORTED:
            raise DrawAborted
        beacon = self.manifest.beacon
        if isinstance(beacon, DrandRound) and now < QUICKNET.published_at(beacon.round):
            raise too_early(beacon, now)

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

    def with_applied(self, chunk: int, withheld: Mapping[MarketId, int], until: datetime) -> "Draw":
        """The entries of this chunk of the result are changed. ``withheld``: the places of those who were gone."""
        if self.applied != chunk:
            return self
        return replace(
            self,
            applied=chunk + 1,
            withheld=sum_places(self.withheld, withheld),
            claimed_until=until,
            version=self.version + 1,
        )

    def finish_run(self, now: datetime) -> "Draw":
        """All entries are changed. Places that were withheld are filled next."""
        if self.status is DrawStatus.DRAWN:
            return self
        drawn = replace(self, status=DrawStatus.DRAWN, drawn_at=now, version=self.version + 1)
        return drawn.begin_filling({}, now) if any(self.withheld.values()) else drawn

    @property
    def unfinished(self) -> bool:
        """Is there work to do for a worker, if the process that began it has ended?"""
        return self.status is DrawStatus.RUNNING or self.filling

    def claim(self, until: datetime) -> "Draw":
        """A process begins or goes on to work on it. When there is no work left, nothing changes."""
        return replace(self, claimed_until=until, version=self.version + 1) if self.unfinished else self

    def _still(self, read: "Draw") -> bool:
        """Is it as it was read? A claim that was renewed since does not count."""
        return replace(self, claimed_until=read.claimed_until, version=read.version) == read

    def begin_filling(self, places: Mapping[MarketId, int], now: datetime) -> "Draw":
        """Offer free places, and these new ones. While another filling is under way, they are added to it.

        Raises DrawAborted, DrawNotDrawn.
        """
        if self.status is DrawStatus.ABORTED:
            raise DrawAborted
        if self.status is not DrawStatus.DRAWN:
            raise DrawNotDrawn
        if self.filling:
            last = replace(self.fillings[-1], places=sum_places(self.fillings[-1].places, places))
            return replace(self, fillings=(*self.fillings[:-1], last), version=self.version + 1)
        new = Filling(number=len(self.fillings) + 1, at=now, places=dict(places), offered={})
        return replace(self, fillings=(*self.fillings, new), filling=True, version=self.version + 1)

    @property
    def places(self) -> Mapping[MarketId, int]:
        """All places of the draw: those of the manifest, and those that were added."""
        places = self.manifest.rules.places
        for filling in self.fillings:
            places = sum_places(places, filling.places)
        return places

    def decide_offers(self, offers: Sequence[Offer], *, read: "Draw") -> "Draw":
        """Fix which entrants are offered places next. ``read``: the draw that the offers were decided for.

        Nothing is fixed when the draw has changed since: the offers may have been made already.
        """
        if not self._still(read) or not self.filling or self.offers:
            return self
        return replace(self, offers=tuple(offers), version=self.version + 1)

    def with_offers_made(self, offers: Sequence[Offer], made: Mapping[MarketId, int], until: datetime) -> "Draw":
        """These offers are made. ``made``: how many entrants have their place, by market."""
        if self.offers != tuple(offers):
            return self
        last = replace(self.fillings[-1], offered=sum_places(self.fillings[-1].offered, made))
        return replace(
            self,
            fillings=(*self.fillings[:-1], last),
            offers=(),
            claimed_until=until,
            version=self.version + 1,
        )

    def end_filling(self, *, read: "Draw") -> "Draw":
        """No entrant waits for a free place. A filling that changed nothing is not kept."""
        if not self._still(read) or not self.filling:
            return self
        last = self.fillings[-1]
        kept = self.fillings if last.places or last.offered else self.fillings[:-1]
        return replace(self, fillings=kept, filling=False, claimed_until=None, version=self.version + 1)

    def abort(self, now: datetime) -> "Draw":
        """Give an announced draw up. A repeat changes nothing. Raises DrawNotAnnounced once it runs."""
        if self.status is DrawStatus.ABORTED:
            return self
        if self.status is not DrawStatus.ANNOUNCED:
            raise DrawNotAnnounced
        return replace(self, status=DrawStatus.ABORTED, aborted_at=now, version=self.version + 1)
