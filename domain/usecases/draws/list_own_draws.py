"""What a fan may know of the own part in draws."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from domain.model.draws.allocation import read_result_line
from domain.model.draws.chunks import CHUNK_LINES, ListChunk, Proof, proof_of, waitlist_positions
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.errors import DrawNotDrawn
from domain.model.draws.lines import Line
from domain.model.draws.order import DrawnLine, ballot_key
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import EntryNotFound
from domain.model.registrations.markets import MarketId
from ports.draws import DrawLists, DrawResults, Draws
from ports.entries import EntryStore

MAX_DRAWS: Final = 100


class Outcome(StrEnum):
    ANNOUNCED = "announced"
    PLACED = "placed"
    WAITLISTED = "waitlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDraw:
    """A fan's line in one draw, with its proof."""

    draw_id: DrawId
    ballot_id: BallotId
    line: str
    proof: Proof
    outcome: Outcome
    market: MarketId | None
    waitlist: Mapping[MarketId, int]
    """The position of a fan who waits, by market, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOwnDraws:
    """The fan's own line in each draw, with the proof that it is in the announced list, and what the draw gave.

    A draw that the fan takes no part in is left out, and so is an aborted one. Keep line and proof before the
    draw: `docs/verify_draw.py` checks them, and the place, without asking us. Positions on waitlists are those at
    the end of the draw: fans who left since, or got a place, are still counted in them.
    """

    raises: ClassVar[Refusals] = (EntryNotFound, DrawNotDrawn, InvalidValue)

    draws: Draws
    lists: DrawLists
    results: DrawResults
    entries: EntryStore

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> Sequence[OwnDraw]:
        """Raises EntryNotFound."""
        entry = await self.entries.get(campaign_id, user_id)
        if entry is None:
            raise EntryNotFound
        draws = await self.draws.page(campaign_id, before=None, limit=MAX_DRAWS)
        found = [await self._own(draw, entry) for draw in draws if draw.status is not DrawStatus.ABORTED]
        return [own for own in found if own is not None]

    async def _own(self, draw: Draw, entry: Entry) -> OwnDraw | None:
        ballot_id = entry.ballot_id
        chunk = await self.lists.chunk_of(draw.campaign_id, draw.id, ballot_id) if ballot_id else None
        if ballot_id is None or chunk is None or (within := _position(chunk, ballot_id)) is None:
            return None
        roots = await self.lists.roots(draw.campaign_id, draw.id)
        index = chunk.number * CHUNK_LINES + within
        line = Line.parse(chunk.lines[within])
        drawn = draw.result is not None  # It is public then, although most entries are still to be changed.
        market = await self._market(draw, entry, chunk.number, within) if drawn else None
        return OwnDraw(
            draw_id=draw.id,
            ballot_id=ballot_id,
            line=line.encode().decode(),
            proof=proof_of(index, draw.manifest.entrants, chunk.lines, roots),
            outcome=_outcome(drawn=drawn, market=market),
            market=market,
            waitlist=await self._waitlist(draw, line) if drawn and market is None else {},
        )

    async def _market(self, draw: Draw, entry: Entry, number: int, within: int) -> MarketId | None:
        """The place that the draw gave, or a filling."""
        chunk = await self.results.result_chunk(draw.campaign_id, draw.id, number)
        assert chunk is not None, "the result is stored before it is public"
        _, market = read_result_line(chunk.lines[within])
        if market is not None:
            return market
        place = entry.allocation
        return place.market if place and place.draw_id == draw.id else None

    async def _waitlist(self, draw: Draw, line: Line) -> Mapping[MarketId, int]:
        turn = DrawnLine(line, ballot_key(draw.key(), line.ballot_id, line.weight)).turn
        chunk = await self.results.waiting_at(draw.campaign_id, draw.id, turn)
        assert chunk is not None, "an entrant without a place waits"
        return waitlist_positions(chunk, line)


def _position(chunk: ListChunk, ballot_id: BallotId) -> int | None:
    """Of the ballot's line in its chunk."""
    start = f"{ballot_id},".encode()
    within = bisect_left(chunk.lines, start)
    found = within < len(chunk.lines) and chunk.lines[within].startswith(start)
    return within if found else None


def _outcome(*, drawn: bool, market: MarketId | None) -> Outcome:
    if not drawn:
        return Outcome.ANNOUNCED
    return Outcome.WAITLISTED if market is None else Outcome.PLACED
