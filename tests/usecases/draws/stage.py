"""An announced draw over the memory adapters. Its process can be made to end at any step."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.memory.drawing import MemoryDrawEngine
from adapters.memory.store import MemoryStore
from domain.model.draws.allocation import Allocation, allocate
from domain.model.draws.beacons import Beacon, ManualBeacon
from domain.model.draws.chunks import ListChunk, ResultChunk, list_chunks
from domain.model.draws.draw import Draw
from domain.model.draws.lines import Line, list_digest, sorted_lines
from domain.model.draws.manifest import Manifest, new_seed
from domain.model.draws.merkle import merkle_root
from domain.model.draws.order import DrawnLine, drawn_order
from domain.model.draws.rules import DrawRules
from domain.model.ids import BallotId, DrawId, UserId, new_draw_id
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.draws.fill_draw import FillDraw
from domain.usecases.draws.keep_claim import KeepClaim
from domain.usecases.draws.place_entries import PlaceEntries
from domain.usecases.draws.resume_draws import ResumeDraws
from domain.usecases.draws.run_draw import RunDraw, RunDrawCommand
from tests.support.codes import ManualClock
from tests.support.drawing import ballot
from tests.support.neighbours import MemoryBeacon
from tests.support.registrations import BOS, LAX, NOON, NYC, TOUR, an_entry

RANDOMNESS: Final = "ab" * 32
PLACES: Final = {NYC: 3, BOS: 2, LAX: 4}


class Killed(BaseException):
    """The process has ended."""


class Killable:
    """A port that ends its caller at a call: just before it, or when it was done but not answered."""

    def __init__(self, port: object, fuse: "Fuse") -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)

        async def called(*given: Any, **named: Any) -> Any:
            await self._fuse.burn()
            answer = await attribute(*given, **named)
            await self._fuse.burn()
            return answer

        return called if name in _CALLS else attribute


_CALLS: Final = frozenset(
    {
        "change",
        "put",
        "change_many",
        "fans_of",
        "placed",
        "placed_among",
        "waiting_among",
        "get",
        "claim",
        "held",
        "holders",
        "count",
    }
)


@dataclass(slots=True)
class Fuse:
    """Ends the process at the step with this number, or lets it wait there. None: never."""

    at: int | None = None
    wait_for: asyncio.Event | None = None
    steps: int = 0

    async def burn(self) -> None:
        self.steps += 1
        if self.steps == self.at and self.wait_for is None:
            raise Killed
        if self.steps == self.at and self.wait_for is not None:
            await self.wait_for.wait()


@dataclass(slots=True, kw_only=True)
class Stage:
    """A campaign with one announced draw. Fans are named after the number of their ballot."""

    fans: int
    places: Mapping[MarketId, int] = field(default_factory=lambda: dict(PLACES))
    beacon: Beacon = field(default_factory=ManualBeacon)
    store: MemoryStore = field(default_factory=MemoryStore)
    drand: MemoryBeacon = field(default_factory=MemoryBeacon)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    draw_id: DrawId = field(default_factory=new_draw_id)
    lines: list[Line] = field(default_factory=list)

    async def announce(self) -> None:
        rng = random.Random(3)
        for number in range(self.fans):
            markets = tuple(rng.sample(sorted(self.places), rng.randint(1, len(self.places))))
            self.lines.append(Line(ballot(number), 0, 1, markets))
            await self.store.entries.change(TOUR, fan(number), _becoming(entrant(number, markets)))
        encoded = sorted_lines(self.lines)
        await self.store.draw_lists.put(TOUR, self.draw_id, _each(list_chunks(encoded)), NOON)
        await self.store.draws.announce(
            TOUR, lambda number: Draw(id=self.draw_id, manifest=self._manifest(encoded))
        )

    def _manifest(self, encoded: Sequence[bytes]) -> Manifest:
        return Manifest(
            campaign_id=TOUR,
            number=1,
            announced_at=NOON,
            rules=DrawRules(places=self.places),
            beacon=self.beacon,
            seed=new_seed(),
            entrants=len(encoded),
            excluded={},
            list_digest=list_digest(encoded),
            merkle_root=merkle_root(encoded).hex(),
        )

    def run(self, fuse: Fuse | None = None) -> RunDraw:
        """The use case of one process."""
        fuse = fuse or Fuse()
        draws, results, candidates, entries, lists = (
            Killable(port, fuse)
            for port in (
                self.store.draws,
                self.store.draw_results,
                self.store.candidates,
                self.store.entries,
                self.store.draw_lists,
            )
        )
        keep = KeepClaim(draws=draws, clock=self.clock)
        place = PlaceEntries(candidates=candidates, entries=entries, clock=self.clock)
        fill = FillDraw(
            draws=draws,
            results=results,
            candidates=candidates,
            place=place,
            keep=keep,
            clock=self.clock,
        )
        return RunDraw(
            draws=draws,
            lists=lists,
            results=results,
            engine=MemoryDrawEngine(),
            beacon=self.drand,
            place=place,
            fill=fill,
            keep=keep,
            clock=self.clock,
        )

    @property
    def resume(self) -> ResumeDraws:
        return ResumeDraws(draws=self.store.draws, run=self.run(), clock=self.clock)

    def command(self, randomness: str | None = RANDOMNESS) -> RunDrawCommand:
        return RunDrawCommand(campaign_id=TOUR, draw_id=self.draw_id, randomness=randomness)

    async def drawn(self) -> Draw:
        return await self.run()(self.command())

    async def read(self) -> Draw:
        draw = await self.store.draws.get(TOUR, self.draw_id)
        assert draw is not None
        return draw

    def order(self, draw: Draw) -> list[DrawnLine]:
        return drawn_order(self.lines, draw.key())

    def expected(self, draw: Draw) -> Allocation:
        return allocate(self.order(draw), self.places)

    def entries(self) -> dict[BallotId, Entry]:
        return {entry.ballot_id: entry for entry in self.store.entries.all_of(TOUR).values() if entry.ballot_id}

    def markets(self) -> dict[BallotId, MarketId | None]:
        places = ((one, entry.allocation) for one, entry in self.entries().items())
        return {one: place.market if place else None for one, place in places}

    def selected_events(self) -> Counter[str]:
        """How many events ``selected`` each fan has."""
        messages = (message for waiting in self.store.entries.waiting.values() for message in waiting)
        return Counter(message.user_id for message in messages if message.about == "selected")

    def fan_of(self, ballot_id: BallotId) -> UserId:
        return next(entry.user_id for entry in self.entries().values() if entry.ballot_id == ballot_id)

    async def withdraw(self, ballot_id: BallotId) -> None:
        await self.store.entries.withdraw(TOUR, self.fan_of(ballot_id), self.clock.now())

    def results(self) -> AsyncIterator[ResultChunk]:
        return self.store.draw_results.results(TOUR, self.draw_id)

    async def reset(self, ballot_id: BallotId) -> None:
        """Staff take the selection back."""
        await self.store.entries.change(TOUR, self.fan_of(ballot_id), _with(Selection.NONE))

    async def decline(self, ballot_id: BallotId) -> None:
        await self.store.entries.change(TOUR, self.fan_of(ballot_id), _with(Selection.DECLINED))


def among(order: Iterable[DrawnLine], waiting: Collection[BallotId], places: Mapping[MarketId, int]) -> Allocation:
    """What a filling must give: a draw of these places among those who wait."""
    return allocate((one for one in order if one.line.ballot_id in waiting), places)


def fan(number: int) -> UserId:
    return UserId(f"fan-{number}")


def entrant(number: int, markets: tuple[MarketId, ...]) -> Entry:
    entry = an_entry(fan(number), markets=markets, phone=PhoneNumber(f"+1201{5_550_000 + number}"))
    return replace(entry, ballot_id=ballot(number), phone_confirmed_at=NOON)


def _becoming(entry: Entry) -> Any:
    return lambda _: entry


def _with(selection: Selection) -> Any:
    return lambda entry: replace(entry.select(selection), version=entry.version + 1)


async def _each(chunks: Any) -> AsyncIterator[ListChunk]:
    for chunk in chunks:
        yield chunk
