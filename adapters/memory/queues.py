"""A queue of this process alone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.model.ids import new_id
from ports.queues import Delivery, Depth, ScoreRetry

ATTEMPTS: Final = 5
IN_HAND: Final = timedelta(seconds=60)


@dataclass(slots=True)
class _Job:
    job: ScoreRetry
    due: float
    attempts: int = 0
    receipt: str = ""


class MemoryQueue:
    """Forgets everything with the process, jobs in hand included."""

    def __init__(self, *, attempts: int = ATTEMPTS, in_hand: timedelta = IN_HAND) -> None:
        self._attempts = attempts
        self._in_hand_for = in_hand.total_seconds()
        self._jobs: list[_Job] = []
        self._changed = asyncio.Condition()
        self.dead: list[ScoreRetry] = []

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        self._jobs.extend(_Job(job=job, due=_now()) for job in jobs)
        await self._tell()

    async def receive(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        deadline = _now() + wait.total_seconds()
        async with self._changed:
            while not (due := self._due()) and (now := _now()) < deadline:
                soonest = min((job.due for job in self._jobs), default=deadline)
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(soonest, deadline) - now):
                        await self._changed.wait()
            return [self._hand_out(job) for job in due[:limit]]

    def _due(self) -> list[_Job]:
        """What may be handed out; what has no attempts left is dead from the moment that it would be."""
        due = [job for job in self._jobs if job.due <= _now()]
        for job in due:
            if job.attempts >= self._attempts:
                self._jobs.remove(job)
                self.dead.append(job.job)
        return [job for job in due if job.attempts < self._attempts]

    def _hand_out(self, job: _Job) -> Delivery:
        job.attempts += 1
        job.receipt = new_id()
        job.due = _now() + self._in_hand_for
        return Delivery(job=job.job, receipt=job.receipt, attempt=job.attempts)

    async def extend(self, delivery: Delivery, by: timedelta) -> None:
        job = self._in_hand(delivery)
        if job is not None and job.due > _now():
            job.due = _now() + by.total_seconds()
            await self._tell()

    async def done(self, delivery: Delivery) -> None:
        if job := self._in_hand(delivery):
            self._jobs.remove(job)

    async def postpone(self, delivery: Delivery, by: timedelta) -> None:
        await self.extend(delivery, by)

    async def depth(self) -> Depth:
        return Depth(waiting=len(self._jobs), dead=len(self.dead))

    def _in_hand(self, delivery: Delivery) -> _Job | None:
        return next((job for job in self._jobs if job.receipt == delivery.receipt), None)

    async def _tell(self) -> None:
        """Whoever waits looks again: something may be due sooner than it was."""
        async with self._changed:
            self._changed.notify_all()


def _now() -> float:
    return asyncio.get_running_loop().time()
