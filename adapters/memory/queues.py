"""A queue of this process alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.model.ids import new_id
from ports.queues import Delivery, ScoreRetry

MAX_ATTEMPTS: Final = 5
IN_HAND_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.05


@dataclass(slots=True)
class _Job:
    job: ScoreRetry
    due: float
    attempts: int = 0
    receipt: str = ""


class MemoryQueue:
    def __init__(self) -> None:
        self._jobs: list[_Job] = []
        self.dead: list[ScoreRetry] = []

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        self._jobs.extend(_Job(job=job, due=_now()) for job in jobs)

    async def receive(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        deadline = _now() + wait.total_seconds()
        while not (due := [job for job in self._jobs if job.due <= _now()]) and _now() < deadline:
            await asyncio.sleep(POLL_SECONDS)
        return [self._hand_out(job) for job in due[:limit]]

    def _hand_out(self, job: _Job) -> Delivery:
        job.attempts += 1
        job.receipt = new_id()
        job.due = _now() + IN_HAND_SECONDS
        return Delivery(job=job.job, receipt=job.receipt, attempt=job.attempts)

    async def extend(self, delivery: Delivery, by: timedelta) -> None:
        if job := self._in_hand(delivery):
            job.due = _now() + by.total_seconds()

    async def done(self, delivery: Delivery) -> None:
        if job := self._in_hand(delivery):
            self._jobs.remove(job)

    async def postpone(self, delivery: Delivery, by: timedelta) -> None:
        if not (job := self._in_hand(delivery)):
            return
        job.due = _now() + by.total_seconds()
        if job.attempts >= MAX_ATTEMPTS:
            self._jobs.remove(job)
            self.dead.append(job.job)

    def _in_hand(self, delivery: Delivery) -> _Job | None:
        return next((job for job in self._jobs if job.receipt == delivery.receipt), None)


def _now() -> float:
    return asyncio.get_running_loop().time()
