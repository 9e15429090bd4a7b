"""The computation of draws. It knows no entries and stores nothing for long."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.model.draws.allocation import DrawResult
from domain.model.draws.chunks import ListChunk, ResultChunk, WaitingChunk
from domain.model.registrations.markets import MarketId


class FrozenList(Protocol):
    """The list of a draw: sorted, and one entrant of each group."""

    @property
    def entrants(self) -> int: ...

    @property
    def grouped_out(self) -> int:
        """How many were left out because another entrant of the group takes part."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the list, in hex."""
        ...

    @property
    def merkle_root(self) -> str:
        """In hex."""
        ...

    def chunks(self) -> AsyncIterator[ListChunk]:
        """The whole list, in its order, in constant memory. Can be read again."""
        ...


class EntrantCollector(Protocol):
    """Takes the entrants of one draw, in any order."""

    async def add(self, lines: Sequence[bytes], groups: Sequence[str | None] | None = None) -> None:
        """Add a batch of encoded lines.

        ``groups``: the value of the attribute that ``groupBy`` names, for each line. Of the entrants with one
        value, one takes part. None: no entrant has one.
        """
        ...

    async def freeze(self) -> FrozenList:
        """Make the list of all that were added. Called once. The list can be read until the collector is closed.

        Raises DuplicateBallot when two entrants have one ballot.
        """
        ...


class ComputedDraw(Protocol):
    """The result of a draw. It depends on the list, the key and the places, and on nothing else."""

    @property
    def result(self) -> DrawResult: ...

    def results(self) -> AsyncIterator[ResultChunk]:
        """The market of each entrant, in the order of the list, in constant memory. Can be read again."""
        ...

    def waiting(self) -> AsyncIterator[WaitingChunk]:
        """The entrants without a place, in the order of the draw, in constant memory. Can be read again."""
        ...


class DrawEngine(Protocol):
    """Sorts, hashes and allocates, without keeping the event loop from other work."""

    def collector(self) -> AbstractAsyncContextManager[EntrantCollector]:
        """For the list of one draw. What it holds is gone when it is closed."""
        ...

    def compute(
        self, chunks: AsyncIterator[Sequence[bytes]], key: bytes, places: Mapping[MarketId, int]
    ) -> AbstractAsyncContextManager[ComputedDraw]:
        """Run a draw. ``chunks``: the lines of the list, in its order. ``key``: R.

        What it holds is gone when it is closed. Raises MalformedLine for a line that is none.
        """
        ...
