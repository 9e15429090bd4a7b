"""Run a draw that was announced."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.draws.allocation import read_result_line
from domain.model.draws.beacons import DrandRound, too_early
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
from domain.model.registrations.markets import MarketId
from domain.usecases.draws.fill_draw import FillDraw
from domain.usecases.draws.keep_claim import WORKING_FOR, KeepClaim
from domain.usecases.draws.place_entries import PlaceEntries
from ports.drawing import DrawEngine
from ports.draws import DrawLists, DrawResults, Draws
from ports.neighbours import PublicBeacon
from ports.system import Clock

CHUNKS_AT_ONCE: Final = 2
"""Whose entries are changed at the same time. While the store writes one, the other is decided."""


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
    keep: KeepClaim
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
            raise too_early(beacon, self.clock.now())
        return randomness

    async def resume(self, draw: Draw) -> Draw:
        """Do what is left to do of a draw with known randomness."""
        if not draw.unfinished:
            return draw
        async with self.keep(draw):
            if draw.status is DrawStatus.RUNNING:
                draw = await self._applied(await self._computed(draw))
            return await self.fill.resume(draw) if draw.filling else draw

    async def _computed(self, draw: Draw) -> Draw:
        if draw.result is not None:
            return draw
        places = draw.manifest.rules.places
        async with self.engine.compute(self._lines(draw), draw.key(), places) as computed:
            await self.results.put(draw.campaign_id, draw.id, computed.results(), computed.waiting())
            result = computed.result
        return await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.with_result(result))

    async def _lines(self, draw: Draw) -> AsyncIterator[Sequence[bytes]]:
        async for chunk in self.lists.chunks(draw.campaign_id, draw.id):
            yield chunk.lines

    async def _applied(self, draw: Draw) -> Draw:
        """Change the entries, some chunks at a time. A chunk that another process has applied meanwhile is
        skipped."""
        results = self.results.results(draw.campaign_id, draw.id, first=draw.applied)
        async for chunks in _together(results):
            if left := [chunk for chunk in chunks if chunk.number >= draw.applied]:
                draw = await self._apply(draw, left)
        now = self.clock.now()
        return await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.finish_run(now))

    async def _apply(self, draw: Draw, chunks: Sequence[ResultChunk]) -> Draw:
        placing = (self._place(draw, chunk) for chunk in chunks)
        outcomes = await asyncio.gather(*placing, return_exceptions=True)  # All have ended before this returns.
        withheld: list[Counter[MarketId]] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            withheld.append(outcome)
        until = self.clock.now() + WORKING_FOR

        def applied(draw: Draw) -> Draw:
            for chunk, places in zip(chunks, withheld, strict=True):
                draw = draw.with_applied(chunk.number, places, until)
            return draw

        return await self.draws.change(draw.campaign_id, draw.id, applied)

    async def _place(self, draw: Draw, chunk: ResultChunk) -> Counter[MarketId]:
        """Returns the places of those who are gone."""
        markets = dict(map(read_result_line, chunk.lines))
        given = await self.place(draw, markets)
        wanted = Counter(market for market in markets.values() if market is not None)
        return wanted - Counter(given)


async def _together(chunks: AsyncIterator[ResultChunk]) -> AsyncIterator[Sequence[ResultChunk]]:
    some: list[ResultChunk] = []
    async for chunk in chunks:
        some.append(chunk)
        if len(some) == CHUNKS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _given(draw: Draw, randomness: str | None) -> str | None:
    """Randomness as the caller gave it, in the stored form. Raises InvalidValue."""
    if randomness is None:
        return None
    if isinstance(draw.manifest.beacon, DrandRound) and draw.randomness is None:
        raise InvalidValue("randomness", "is not taken: this draw fetches that of its round of drand")
    return randomness_of(randomness, draw.manifest.beacon).hex()
