"""The results of draws in MongoDB."""

from collections.abc import AsyncIterator
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.draws.chunks import Chunks, joined, lines_of, number_of
from adapters.mongo.driver import Raw
from adapters.mongo.errors import translated
from adapters.mongo.field_map import to_pairs
from domain.model.draws.allocation import read_result_line
from domain.model.draws.chunks import ResultChunk, WaitingChunk
from domain.model.draws.order import Turn
from domain.model.ids import BallotId, CampaignId, DrawId

_TIER_DIGITS: Final = 4
"""Tiers are below 10,000, so turns as text have the order of turns."""


class MongoDrawResults:
    def __init__(self, chunks: AsyncCollection[Raw]) -> None:
        self._results = Chunks(chunks, "results")
        self._waiting = Chunks(chunks, "waiting")

    @translated
    async def put(
        self,
        campaign_id: CampaignId,
        draw_id: DrawId,
        results: AsyncIterator[ResultChunk],
        waiting: AsyncIterator[WaitingChunk],
    ) -> None:
        async def of_results() -> AsyncIterator[Raw]:
            async for chunk in results:
                ballot_id, _ = read_result_line(chunk.lines[0])
                fields = {"first": ballot_id, "lines": joined(chunk.lines)}
                yield self._results.document(campaign_id, draw_id, chunk.number, fields)

        async def of_waiting() -> AsyncIterator[Raw]:
            async for chunk in waiting:
                fields = {"first": _to_text(chunk.first), "lines": joined(chunk.lines)}
                fields |= {"before": to_pairs(chunk.before)}
                yield self._waiting.document(campaign_id, draw_id, chunk.number, fields)

        await self._results.put(of_results())
        await self._waiting.put(of_waiting())

    async def results(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[ResultChunk]:
        async for stored in self._results.read(campaign_id, draw_id, first):
            yield _to_result(stored)

    @translated
    async def result_chunk(self, campaign_id: CampaignId, draw_id: DrawId, number: int) -> ResultChunk | None:
        stored = await self._results.get(campaign_id, draw_id, number)
        return _to_result(stored) if stored else None

    async def waiting(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[WaitingChunk]:
        async for stored in self._waiting.read(campaign_id, draw_id, first):
            yield _to_waiting(stored)

    @translated
    async def waiting_at(self, campaign_id: CampaignId, draw_id: DrawId, turn: Turn) -> WaitingChunk | None:
        stored = await self._waiting.with_line(campaign_id, draw_id, _to_text(turn))
        return _to_waiting(stored) if stored else None


def _to_result(stored: Raw) -> ResultChunk:
    return ResultChunk(number=number_of(stored), lines=lines_of(stored))


def _to_waiting(stored: Raw) -> WaitingChunk:
    return WaitingChunk(
        number=number_of(stored),
        first=_to_turn(stored["first"]),
        before=dict(stored["before"]),
        lines=lines_of(stored),
    )


def _to_text(turn: Turn) -> str:
    return f"{turn.tier:0{_TIER_DIGITS}d},{turn.key.hex()},{turn.ballot_id}"


def _to_turn(text: str) -> Turn:
    tier, key, ballot_id = text.split(",")
    return Turn(int(tier), bytes.fromhex(key), BallotId(ballot_id))
