"""Doing together what is wanted at the same time.

Most of what one command costs is the driver's work for it, so callers who come while others are being served share
the next command.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")

LANES: Final = 2
"""Commands under way at once: while one waits for the database, the callers of the other are answered."""
FULL_ROUND: Final = 16
"""Fewer callers than this are served by one command at a time: two small ones cost more than they overlap."""
MAX_TOGETHER: Final = 500


def share_of(waiting: int, served: int) -> int:
    """How many of those who wait a round serves, so that all rounds under way are of one size.

    Left to themselves, one would serve nearly all and the other the first to come back: nothing overlaps.
    """
    everyone = waiting + served
    return min(everyone, max(-(-everyone // LANES), FULL_ROUND))


def may_begin(rounds: int, waiting: int, share: int) -> bool:
    """Is a lane free, and are there enough? They wait for that no longer than for the round under way."""
    return rounds < LANES and 0 < share <= waiting


class Together(Generic[Wish, Answer]):
    """``serve`` gives an answer for each wish, in order; it begins after the last of them came.

    An exception among the answers is raised for its caller; one that ``serve`` raises, for all of them. Answers
    may be shared and are not to be changed.
    """

    def __init__(self, serve: Callable[[Sequence[Wish]], Awaitable[Sequence[Answer | Exception]]]) -> None:
        self._serve = serve
        self._waiting: list[tuple[Wish, asyncio.Future[Answer]]] = []
        self._served = 0
        self._rounds: set[asyncio.Task[None]] = set()

    async def ask(self, wish: Wish) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, answer))
        self._begin()
        return await answer

    @property
    def _share(self) -> int:
        return share_of(len(self._waiting), self._served)

    def _begin(self) -> None:
        if may_begin(len(self._rounds), len(self._waiting), self._share):
            task = asyncio.create_task(self._round())
            self._rounds.add(task)

    async def _round(self) -> None:
        """One command, for those who wait by the time it begins."""
        size = min(self._share, MAX_TOGETHER)
        group, self._waiting = self._waiting[:size], self._waiting[size:]
        self._served += len(group)
        self._begin()
        try:
            await self._answer([(wish, answer) for wish, answer in group if not answer.done()])
        finally:
            self._served -= len(group)
            task = asyncio.current_task()
            assert task is not None
            self._rounds.discard(task)
            self._begin()

    async def _answer(self, group: Sequence[tuple[Wish, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._serve([wish for wish, _ in group]) if group else ()
        except asyncio.CancelledError:
            for _, waiting in group:
                waiting.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the callers' to hear
            answers = [error] * len(group)
        for (_, waiting), answer in zip(group, answers, strict=True):
            _settle(waiting, answer)


def _settle(waiting: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    """Whoever has left in the meantime hears nothing."""
    if waiting.done():
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
