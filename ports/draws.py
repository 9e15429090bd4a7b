"""Stores of draws: the draws, their frozen lists, their results, and the entries that may take part.

The list of a draw never changes after the announcement, whatever entries do. It names ballots. Only
the entry says which fan a ballot is of. Every method raises Unavailable when the store does not answer.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.model.draws.chunks import ListChunk, ResultChunk, WaitingChunk
from domain.model.draws.draw import Draw
from domain.model.draws.order import Turn
from domain.model.draws.screening import CandidateBatch
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.markets import MarketId

UNANNOUNCED_LIST_KEPT: Final = timedelta(days=1)
"""After that, the process that made the list has ended."""

DrawOfNumber = Callable[[int], Draw]
"""Makes the draw that has this number. It must be pure: it runs again with the next number when another draw was
announced first. It may raise a DomainError; then nothing is stored."""
DrawChange = Callable[[Draw], Draw]
"""Takes the draw as it is and returns it as it should be, with another version, or as it is. It must be pure: it
runs again when another process changed the draw first. It may raise a DomainError; then nothing is stored."""


class Draws(Protocol):
    """The draws of all campaigns. No draw is ever deleted, and no manifest ever changes."""

    async def announce(self, campaign_id: CampaignId, draw_of: DrawOfNumber) -> Draw:
        """Store a new draw under the next number of the campaign, in one atomic step.

        Numbers begin at 1 and have no gap. No number is given twice, under any race.
        """
        ...

    async def get(self, campaign_id: CampaignId, draw_id: DrawId) -> Draw | None: ...

    async def page(self, campaign_id: CampaignId, *, before: int | None, limit: int) -> Sequence[Draw]:
        """The draws with numbers less than ``before``, the greatest number first. None: from the newest on."""
        ...

    async def change(self, campaign_id: CampaignId, draw_id: DrawId, change: DrawChange) -> Draw:
        """Store the draw that ``change`` returns, if no other change was stored in between; else decide anew.

        So of two processes that begin to run a draw, one stores its randomness, and the other sees it. Raises
        DrawNotFound.
        """
        ...

    async def unfinished(self, limit: int) -> Sequence[Draw]:
        """Draws of any campaign that are running or being filled: the process that began may have ended. A worker
        goes on with them."""
        ...


class DrawLists(Protocol):
    """The lists of entrants, in chunks, in the order of the list."""

    async def put(
        self, campaign_id: CampaignId, draw_id: DrawId, chunks: AsyncIterator[ListChunk], now: datetime
    ) -> None:
        """Store the list of a draw that is not announced yet, in constant memory. Put a list once.

        Lists of the campaign that were put UNANNOUNCED_LIST_KEPT ago or earlier, and never announced, are deleted.
        """
        ...

    def chunks(self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0) -> AsyncIterator[ListChunk]:
        """The chunks from number ``first`` on, in constant memory. An unknown draw has no chunks."""
        ...

    async def chunk_of(self, campaign_id: CampaignId, draw_id: DrawId, ballot_id: BallotId) -> ListChunk | None:
        """The only chunk that can have the line of this ballot. None: no chunk can."""
        ...

    async def roots(self, campaign_id: CampaignId, draw_id: DrawId) -> Sequence[bytes]:
        """The Merkle roots of all chunks, in their order. It does not read the lines."""
        ...

    async def discard(self, campaign_id: CampaignId, draw_id: DrawId) -> None:
        """Delete the list of a draw that is not going to be announced."""
        ...


class DrawResults(Protocol):
    """What the computation of a draw gave, in chunks. It depends on the list and the randomness alone, so a
    computation that is repeated gives the same chunks."""

    async def put(
        self,
        campaign_id: CampaignId,
        draw_id: DrawId,
        results: AsyncIterator[ResultChunk],
        waiting: AsyncIterator[WaitingChunk],
    ) -> None:
        """Store the result, in constant memory. Chunks that are stored already stay as they are, so a repeat after
        a crash stores the rest."""
        ...

    def results(self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0) -> AsyncIterator[ResultChunk]:
        """The chunks from number ``first`` on, in constant memory. They are numbered as those of the list."""
        ...

    async def result_chunk(self, campaign_id: CampaignId, draw_id: DrawId, number: int) -> ResultChunk | None: ...

    def waiting(self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0) -> AsyncIterator[WaitingChunk]:
        """Those without a place, from chunk number ``first`` on, in the order of the draw."""
        ...

    async def waiting_at(self, campaign_id: CampaignId, draw_id: DrawId, turn: Turn) -> WaitingChunk | None:
        """The only chunk that can have the line with this turn. None: no chunk can."""
        ...


class Candidates(Protocol):
    """The entries of a campaign, as draws see them."""

    def of_campaign(self, campaign_id: CampaignId, group_by: str | None) -> AsyncIterator[CandidateBatch]:
        """Each entry that was not withdrawn, once, in batches, in any order, in constant memory. An entry is as it
        was when its batch was read. ``group_by``: the attribute that is the candidate's group.

        Raises BallotsMissing when an earlier release wrote an entry last, also while the batches are read: the fan
        would be left out, or take part with the markets of before.
        """
        ...

    async def fans_of(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Mapping[BallotId, UserId]:
        """The fans of these ballots. A ballot of an entry that was withdrawn or erased leads to no fan."""
        ...

    async def placed_among(
        self, campaign_id: CampaignId, draw_id: DrawId, ballots: Sequence[BallotId]
    ) -> Mapping[BallotId, UserId]:
        """The ballots, of these, that have a place of this draw now, each with its fan."""
        ...

    async def waiting_among(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Collection[BallotId]:
        """The ballots, of these, that are on the waitlist now."""
        ...

    async def placed(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        """How many entries have a place of this draw now, by market."""
        ...
