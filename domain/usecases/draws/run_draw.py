"""Run a draw that was announced."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from domain.model.draws.allocation import read_result_line
from domain.model.draws.beacons import DrandRound
from domain.model.draws.chunks import ResultChunk
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.errors import (
    BeaconNotGenuine,
    DrawAborted,
    DrawNotDrawn,
    DrawNotFound,
    DrawTooEarly,
    RandomnessMismatch,
)
from domain.model.draws.randomness import randomness_of
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, DrawId
from domain.usecases.draws.fill_draw import FillDraw
from domain.usecases.draws.place_entries import PlaceEntries
from ports.drawing import DrawEngine
from ports.draws import DrawLists, DrawResults, Draws
from ports.neighbours import PublicBeacon
from ports.system import Clock

COMPUTING_FOR: Final = timedelta(minutes=5)
"""A computation of millions takes a minute or two."""
WORKING_FOR: Final = timedelta(minutes=1)
"""From one chunk of entries to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDrawCommand:
    campaign_id: CampaignId
    draw_id: DrawId
    randomness: str | None = None
    """In hex: for a draw with the beacon `manual`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraw:
    """Draw the places, with the randomness of the round that was announced.

    The result follows from the frozen list and the randomness alone. Entrants with a place become selected, those
    without become waitlisted. An entrant who has withdrawn or declined since keeps the turn; the place goes at
    once to the next who waits. A late run is as good as one in time: the announced round decides.

    To run a drawn draw again answers the same. A run that was cut off ends the same when it is run again; a worker
    does that, too.
    """

    raises: ClassVar[Refusals] = (
        DrawNotFound,
        DrawAborted,
        DrawTooEarly,
        RandomnessMismatch,
        BeaconNotGenuine,
        DrawNotDrawn,
        InvalidValue,
    )

    draws: Draws
    lists: DrawLists
    results: DrawResults
    engine: DrawEngine
    beacon: PublicBeacon
    place: PlaceEntries
    fill: FillDraw
    clock: Clock

    async def __call__(self, command: RunDrawCommand) -> Draw:
        """Raises DrawNotFound, DrawAborted, DrawTooEarly, RandomnessMismatch, BeaconNotGenuine, InvalidValue."""
        draw = await self.begin(command)
        return await self.resume(draw)

    async def begin(self, command: RunDrawCommand) -> Draw:
        """Fix the randomness. From then on the draw runs, and a worker can go on with it."""
        draw = await self.draws.get(command.campaign_id, command.draw_id)
        if draw is None:
            raise DrawNotFound
        draw.check_may_run(self.clock.now())
        given = _given(draw, command.randomness)
        if draw.randomness is not None and given in (None, draw.randomness):
            return draw
        randomness = given or await self._fetched(draw)
        return await self.draws.change(
            command.campaign_id, command.draw_id, lambda draw: draw.begin_run(randomness)
        )

    async def _fetched(self, draw: Draw) -> str:
        beacon = draw.manifest.beacon
        if not isinstance(beacon, DrandRound):
            raise InvalidValue("randomness", "is needed: this draw was announced with the beacon manual")
        randomness = await self.beacon.randomness(beacon)
        if randomness is None:
            raise draw.too_early(beacon, self.clock.now())
        return randomness

    async def resume(self, draw: Draw) -> Draw:
        """Do what is left to do of a draw with known randomness."""
        if draw.status is DrawStatus.RUNNING:
            draw = await self._applied(await self._computed(draw))
        return await self.fill.resume(draw) if draw.filling else draw

    async def _computed(self, draw: Draw) -> Draw:
        if draw.result is not None:
            return draw
        until = self.clock.now() + COMPUTING_FOR
        await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.claim(until))
        places = draw.manifest.rules.places
        async with self.engine.compute(self._lines(draw), draw.key(), places) as computed:
            await self.results.put(draw.campaign_id, draw.id, computed.results(), computed.waiting())
            result = computed.result
        return await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.with_result(result))

    async def _lines(self, draw: Draw) -> AsyncIterator[Sequence[bytes]]:
        async for chunk in self.lists.chunks(draw.campaign_id, draw.id):
            yield chunk.lines

    async def _applied(self, draw: Draw) -> Draw:
        """Change the entries, chunk by chunk. A chunk that another process has applied meanwhile is skipped."""
        async for chunk in self.results.results(draw.campaign_id, draw.id, first=draw.applied):
            if chunk.number == draw.applied:
                draw = await self._apply(draw, chunk)
        now = self.clock.now()
        return await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.finish_run(now))

    async def _apply(self, draw: Draw, chunk: ResultChunk) -> Draw:
        markets = dict(map(read_result_line, chunk.lines))
        given = await self.place(draw, markets)
        wanted = Counter(market for market in markets.values() if market is not None)
        withheld = wanted - Counter(given)
        until = self.clock.now() + WORKING_FOR
        return await self.draws.change(
            draw.campaign_id, draw.id, lambda draw: draw.with_applied(chunk.number, withheld, until)
        )


def _given(draw: Draw, randomness: str | None) -> str | None:
    """Randomness as the caller gave it, in the stored form. Raises InvalidValue."""
    if randomness is None:
        return None
    if isinstance(draw.manifest.beacon, DrandRound) and draw.randomness is None:
        raise InvalidValue("randomness", "is not taken: this draw fetches that of its round of drand")
    return randomness_of(randomness, draw.manifest.beacon).hex()
