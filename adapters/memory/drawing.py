"""Draws computed in this process, in memory, by the functions of the model: what every other engine must give."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import repeat

from domain.model.draws.allocation import DrawResult, allocate, result_digest, result_lines
from domain.model.draws.chunks import (
    ListChunk,
    ResultChunk,
    WaitingChunk,
    list_chunks,
    result_chunks,
    waiting_chunks,
)
from domain.model.draws.entrants import least_of_each_group
from domain.model.draws.errors import DuplicateBallot
from domain.model.draws.lines import Line, list_digest, sorted_lines
from domain.model.draws.merkle import merkle_root
from domain.model.draws.order import drawn_order
from domain.model.registrations.markets import MarketId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFrozenList:
    entrants: int
    grouped_out: int
    digest: str
    merkle_root: str
    lines: Sequence[bytes] = field(repr=False)

    async def chunks(self) -> AsyncIterator[ListChunk]:
        for chunk in list_chunks(self.lines):
            yield chunk


class MemoryEntrantCollector:
    def __init__(self) -> None:
        self._entrants: list[tuple[Line, str | None]] = []

    async def add(self, lines: Sequence[bytes], groups: Sequence[str | None] | None = None) -> None:
        of_lines = repeat(None, len(lines)) if groups is None else groups
        self._entrants.extend(zip(map(Line.parse, lines), of_lines, strict=True))

    async def freeze(self) -> MemoryFrozenList:
        if len({line.ballot_id for line, _ in self._entrants}) < len(self._entrants):
            raise DuplicateBallot
        chosen = least_of_each_group((line.ballot_id, group) for line, group in self._entrants)
        lines = sorted_lines(line for line, _ in self._entrants if line.ballot_id in chosen)
        return MemoryFrozenList(
            entrants=len(lines),
            grouped_out=len(self._entrants) - len(lines),
            digest=list_digest(lines),
            merkle_root=merkle_root(lines).hex(),
            lines=lines,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryComputedDraw:
    result: DrawResult
    result_chunks: Sequence[ResultChunk]
    waiting_chunks: Sequence[WaitingChunk]

    async def results(self) -> AsyncIterator[ResultChunk]:
        for chunk in self.result_chunks:
            yield chunk

    async def waiting(self) -> AsyncIterator[WaitingChunk]:
        for chunk in self.waiting_chunks:
            yield chunk


class MemoryDrawEngine:
    @asynccontextmanager
    async def collector(self) -> AsyncIterator[MemoryEntrantCollector]:
        yield MemoryEntrantCollector()

    @asynccontextmanager
    async def compute(
        self, chunks: AsyncIterator[Sequence[bytes]], key: bytes, places: Mapping[MarketId, int]
    ) -> AsyncIterator[MemoryComputedDraw]:
        lines = [Line.parse(line) async for chunk in chunks for line in chunk]
        yield computed(lines, key, places)


def computed(lines: Sequence[Line], key: bytes, places: Mapping[MarketId, int]) -> MemoryComputedDraw:
    order = drawn_order(lines, key)
    allocation = allocate(order, places)
    results = result_lines(allocation.markets)
    waiting = [(one.turn, one.line) for one in order if allocation.markets[one.line.ballot_id] is None]
    return MemoryComputedDraw(
        result=DrawResult(
            placed=allocation.placed,
            waitlisted=allocation.waitlisted,
            cutoffs=allocation.cutoffs,
            result_digest=result_digest(results),
        ),
        result_chunks=list(result_chunks(results)),
        waiting_chunks=list(waiting_chunks(waiting)),
    )
