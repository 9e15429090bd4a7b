"""Serving calls that wait at the same time with one command.

Most of what a command costs is the driver's work for it. So calls that come while others are served share the next
command.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MAX_IN_FLIGHT: Final = 2
"""Batches in flight at once: while one waits for the database, the callers of the other are answered."""
FULL_BATCH: Final = 16
"""Fewer calls than this are served by one batch: two small ones cost more than they gain by overlapping."""
MAX_BATCH: Final = 500


def batch_size(waiting: int, in_flight: int, at_once: int = MAX_IN_FLIGHT) -> int:
    """How many of the waiting calls the next batch serves, so that all batches in flight have one size.

    Without this, one batch would serve nearly all calls and the other the first callers that return. Then nothing
    overlaps.
    """
    calls = waiting + in_flight
    return min(calls, max(-(-calls // at_once), FULL_BATCH))


def may_start(batches: int, waiting: int, size: int, at_once: int = MAX_IN_FLIGHT) -> bool:
    """May another batch start, and do enough calls wait for it? Else they wait until a batch in flight ends."""
    return batches < at_once and 0 < size <= waiting


def settle(answer: "asyncio.Future[Answer]", outcome: Answer | Exception) -> None:
    """Return the outcome to the caller, or raise it there. A caller that has left gets nothing."""
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


@contextmanager
def errors_reach(answers: Iterable["asyncio.Future[Answer]"]) -> Iterator[None]:
    """An error in this block is raised for each of these callers that still waits. The block's task goes on."""
    try:
        yield
    except asyncio.CancelledError:
        for answer in answers:
            answer.cancel()
        raise
    except Exception as error:  # noqa: BLE001  # any error at all: else the callers would wait for ever
        for answer in answers:
            settle(answer, error)


class Batcher(Generic[Question, Answer]):
    """``serve`` gives an answer for each question, in order; it starts after the last of them came.

    An exception among the answers is raised for its caller only. One that ``serve`` raises is raised for all of
    them. Callers may share an answer, so they must not change it.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | Exception]]],
        *,
        at_once: int = MAX_IN_FLIGHT,
    ) -> None:
        """``at_once``: batches in flight at once. Fewer make larger batches."""
        self._serve = serve
        self._at_once = at_once
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._in_flight = 0
        self._batches: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        self._start_batch()
        return await answer

    @property
    def _size(self) -> int:
        return batch_size(len(self._waiting), self._in_flight, self._at_once)

    def _start_batch(self) -> None:
        if may_start(len(self._batches), len(self._waiting), self._size, self._at_once):
            self._batches.add(asyncio.create_task(self._batch()))

    async def _batch(self) -> None:
        """One command, for the calls that wait by the time the task runs."""
        size = min(self._size, MAX_BATCH)
        calls, self._waiting = self._waiting[:size], self._waiting[size:]
        self._in_flight += len(calls)
        self._start_batch()
        try:
            await self._answer([(question, answer) for question, answer in calls if not answer.done()])
        finally:
            self._in_flight -= len(calls)
            task = asyncio.current_task()
            assert task is not None
            self._batches.discard(task)
            self._start_batch()

    async def _answer(self, calls: Sequence[tuple[Question, "asyncio.Future[Answer]"]]) -> None:
        if not calls:
            return
        with errors_reach([answer for _, answer in calls]):
            outcomes = await self._serve([question for question, _ in calls])
            for (_, answer), outcome in zip(calls, outcomes, strict=True):
                settle(answer, outcome)
