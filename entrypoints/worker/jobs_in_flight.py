"""The jobs that one worker has received and not settled: kept for it while it works, and settled in batches."""

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
"""How long the first outcome waits for others, so that many go into one call."""
HAND_BACK_SECONDS: Final = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each step may take, in seconds."""

    extend_every: float = 20
    extend_by: float = 60
    """Counted from the extension; three times as long, so that two extensions in a row may fail."""
    first_pause: float = 1
    longest_pause: float = 60
    """While a neighbour or the store does not answer."""
    finish: float = 25
    """For the jobs in flight when the worker is told to stop."""


class Pauses:
    """Each pause is longer than the one before, and random, so that workers do not all retry together."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._seconds = patience.first_pause

    def next(self) -> float:
        seconds = self._seconds * random.uniform(0.5, 1)
        self._seconds = min(2 * self._seconds, self._patience.longest_pause)
        return seconds

    def reset(self) -> None:
        self._seconds = self._patience.first_pause


def log_hindered(error: Unavailable) -> None:
    log.warning("worker.hindered", **error.logged)


class JobsInFlight:
    """Until a job is settled, the queue is asked again and again to keep it for this worker. If that fails,
    another worker may receive it and come to the same result."""

    def __init__(self, queue: Queue, patience: Patience) -> None:
        self._queue = queue
        self._patience = patience
        self._jobs: dict[str, Delivery] = {}
        self._unfinished: list[Delivery] = []
        self._done: _Batches[Delivery] = _Batches(queue.done, patience, self._forget)
        self._put_off: _Batches[PutOff] = _Batches(
            queue.postpone, patience, lambda settled: self._forget([delivery for delivery, _ in settled])
        )
        self.freed = asyncio.Event()
        """Set when there is room for more."""

    def count(self) -> Counter[Lane]:
        return Counter(delivery.lane for delivery in self._jobs.values())

    def add(self, delivery: Delivery) -> None:
        self._jobs[delivery.receipt] = delivery

    def settle(self, delivery: Delivery, again_after: timedelta | None) -> None:
        """The job is done, or is to be handed out again after a time."""
        if again_after is None:
            self._done.add(delivery)
        else:
            self._put_off.add((delivery, again_after))

    def drop(self, delivery: Delivery) -> None:
        """The queue hands the job out again when its time is up."""
        self._forget([delivery])

    def hand_back(self, delivery: Delivery) -> None:
        """``close`` gives the job back, so that another worker may have it at once."""
        self._unfinished.append(delivery)
        self._forget([delivery])

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(self._patience.extend_every)
            try:
                by = timedelta(seconds=self._patience.extend_by)
                await self._queue.extend(list(self._jobs.values()), by)
            except Unavailable as error:
                log_hindered(error)
            except Exception:
                log.exception("score_retry.not_kept")  # The next extension may work.

    async def close(self) -> None:
        """Settle what is not settled yet, and hand the rest back."""
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
    """One call at a time; what comes in meanwhile goes into the next call."""

    def __init__(
        self,
        send: Callable[[Sequence[T]], Awaitable[None]],
        patience: Patience,
        sent: Callable[[Sequence[T]], None],
    ) -> None:
        self._send = send
        self._patience = patience
        self._sent = sent
        self._waiting: list[T] = []
        self._sending: asyncio.Task[None] | None = None

    def add(self, one: T) -> None:
        self._waiting.append(one)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        pauses = Pauses(self._patience)
        while self._waiting:
            await asyncio.sleep(COLLECT_SECONDS)
            batch = list(self._waiting)
            try:
                await self._send(batch)
            except Unavailable as error:
                log_hindered(error)
                await asyncio.sleep(pauses.next())
                continue
            except Exception:
                log.exception("score_retry.not_settled")  # The jobs come again when their time is up.
            pauses.reset()
            del self._waiting[: len(batch)]
            self._sent(batch)

    async def close(self) -> None:
        if self._sending is not None:
            await self._sending
