"""The jobs in one worker's hands: kept there while they are worked on, and told of many at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

import structlog

from domain.model.errors import Unavailable
from ports.messaging import Delivery, Lane, PutOff, Queue

T = TypeVar("T")

COLLECT_SECONDS: Final = 0.02
"""How long the first outcome waits for others: so many go into one call."""
HAND_BACK_SECONDS: Final = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long everything may take, in seconds."""

    extend_every: float = 20
    extend_by: float = 60
    """From then on; three times as long, so that two in a row may fail."""
    first_pause: float = 1
    longest_pause: float = 60
    """While somebody does not answer."""
    finish: float = 25
    """For what is in hand when we are to stop."""


class Pauses:
    """Longer and longer, and never the same for all workers."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._seconds = patience.first_pause

    def next(self) -> float:
        seconds = self._seconds * random.uniform(0.5, 1)
        self._seconds = min(2 * self._seconds, self._patience.longest_pause)
        return seconds

    def over(self) -> None:
        self._seconds = self._patience.first_pause


def hindered(error: Unavailable) -> None:
    log.warning("worker.hindered", **error.logged)


class InHand:
    """Until a job is settled the queue is told again and again that it is in hand. If that fails, another worker
    may be given it, who finds the same."""

    def __init__(self, queue: Queue, patience: Patience) -> None:
        self._queue = queue
        self._patience = patience
        self._jobs: dict[str, Delivery] = {}
        self._unfinished: list[Delivery] = []
        self._done: _Batches[Delivery] = _Batches(queue.done, patience, self._forget)
        self._put_off: _Batches[PutOff] = _Batches(
            queue.postpone, patience, lambda told: self._forget([delivery for delivery, _ in told])
        )
        self.freed = asyncio.Event()
        """There is room for others."""

    def count(self) -> Counter[Lane]:
        return Counter(delivery.lane for delivery in self._jobs.values())

    def take(self, delivery: Delivery) -> None:
        self._jobs[delivery.receipt] = delivery

    def settle(self, delivery: Delivery, again_after: timedelta | None) -> None:
        """It is done, or to be handed out again after a time."""
        if again_after is None:
            self._done.add(delivery)
        else:
            self._put_off.add((delivery, again_after))

    def drop(self, delivery: Delivery) -> None:
        """Its time runs out, then it comes again."""
        self._forget([delivery])

    def hand_back(self, delivery: Delivery) -> None:
        """When we end, somebody else may have it at once."""
        self._unfinished.append(delivery)
        self._forget([delivery])

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(self._patience.extend_every)
            try:
                by = timedelta(seconds=self._patience.extend_by)
                await self._queue.extend(list(self._jobs.values()), by)
            except Unavailable as error:
                hindered(error)
            except Exception:
                log.exception("score_retry.not_kept")  # The next time may go well.

    async def close(self) -> None:
        """Say what is still to be said."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(HAND_BACK_SECONDS):
                await asyncio.gather(
                    self._done.close(),
                    self._put_off.close(),
                    self._queue.extend(self._unfinished, timedelta(0)),
                )

    def _forget(self, settled: Sequence[Delivery]) -> None:
        for delivery in settled:
            self._jobs.pop(delivery.receipt, None)
        self.freed.set()


class _Batches(Generic[T]):
    """What is to be told of while one call is on its way goes into the next."""

    def __init__(
        self,
        tell: Callable[[Sequence[T]], Awaitable[None]],
        patience: Patience,
        told: Callable[[Sequence[T]], None],
    ) -> None:
        self._tell = tell
        self._patience = patience
        self._told = told
        self._waiting: list[T] = []
        self._telling: asyncio.Task[None] | None = None

    def add(self, one: T) -> None:
        self._waiting.append(one)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        pauses = Pauses(self._patience)
        while self._waiting:
            await asyncio.sleep(COLLECT_SECONDS)
            batch = list(self._waiting)
            try:
                await self._tell(batch)
            except Unavailable as error:
                hindered(error)
                await asyncio.sleep(pauses.next())
                continue
            except Exception:
                log.exception("score_retry.not_settled")  # They come again when their time runs out.
            pauses.over()
            del self._waiting[: len(batch)]
            self._told(batch)

    async def close(self) -> None:
        if self._telling is not None:
            await self._telling
