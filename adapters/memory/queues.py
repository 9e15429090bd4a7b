"""A queue that only this process can see."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

from domain.model.ids import new_id
from ports.messaging import Delivery, Depth, Lane, PutOff, ScoreRetry, Unwanted

ATTEMPTS: Final = 5
IN_FLIGHT: Final = timedelta(seconds=60)


@dataclass(slots=True)
class _Job:
    job: ScoreRetry
    due: float
    lane: Lane = Lane.NEW
    attempts: int = 0
    receipt: str = ""
    over: bool = False


class MemoryQueue:
    """All jobs end with the process, also those in flight."""

    def __init__(self, *, attempts: int = ATTEMPTS, in_flight: timedelta = IN_FLIGHT) -> None:
        self._attempts = attempts
        self._in_flight_seconds = in_flight.total_seconds()
        self._lanes: dict[Lane, list[tuple[float, int, _Job]]] = {lane: [] for lane in Lane}
        """Heaps, ordered by when each job is due. A job that got another time is in the heap once more."""
        self._numbers = count()
        self._handed_out: dict[str, _Job] = {}
        """By receipt."""
        self._waiting = 0
        self._changed = asyncio.Condition()
        self.dead: list[ScoreRetry] = []

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        for job in jobs:
            self._put(_Job(job=job, due=_now()))
        self._waiting += len(jobs)
        await self._wake()

    async def receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        deadline = _now() + wait.total_seconds()
        async with self._changed:
            while not (taken := self._take(lane, limit)) and (now := _now()) < deadline:
                soonest = min(self._soonest(lane), deadline)
                with suppress(TimeoutError):
                    async with asyncio.timeout(soonest - now):
                        await self._changed.wait()
            return taken

    def _take(self, lane: Lane, limit: int) -> list[Delivery]:
        """Take the jobs that are due. One without attempts left becomes a dead letter instead."""
        taken: list[Delivery] = []
        while len(taken) < limit and self._soonest(lane) <= _now():
            _, _, job = heappop(self._lanes[lane])
            if job.attempts < self._attempts:
                taken.append(self._hand_out(job))
            else:
                self._end(job)
                self.dead.append(job.job)
        return taken

    def _soonest(self, lane: Lane) -> float:
        heap = self._lanes[lane]
        while heap and (heap[0][2].over or heap[0][0] != heap[0][2].due or heap[0][2].lane is not lane):
            heappop(heap)
        return heap[0][0] if heap else float("inf")

    def _hand_out(self, job: _Job) -> Delivery:
        self._handed_out.pop(job.receipt, None)
        job.attempts += 1
        job.receipt = new_id()
        self._handed_out[job.receipt] = job
        job.due = _now() + self._in_flight_seconds
        self._put(job)
        return Delivery(job=job.job, receipt=job.receipt, attempt=job.attempts, lane=job.lane)

    async def extend(self, deliveries: Sequence[Delivery], by: timedelta) -> None:
        for delivery in deliveries:
            self._set_due(delivery, by)
        await self._wake()

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if job := self._handed_out.get(delivery.receipt):
                self._end(job)

    async def postpone(self, put_off: Sequence[PutOff]) -> None:
        for delivery, by in put_off:
            if job := self._handed_out.get(delivery.receipt):
                job.lane = Lane.PUT_OFF
                self._set_due(delivery, by)
                self._put(job)
        await self._wake()

    def _set_due(self, delivery: Delivery, by: timedelta) -> None:
        job = self._handed_out.get(delivery.receipt)
        if job is not None and job.due > _now():
            job.due = _now() + by.total_seconds()
            self._put(job)

    async def depth(self) -> Depth:
        return Depth(waiting=self._waiting, dead=len(self.dead))

    async def drop_dead(self, unwanted: Unwanted) -> int:
        gone = [job for job in list(self.dead) if await unwanted(job)]
        self.dead = [job for job in self.dead if job not in gone]
        return len(gone)

    def _put(self, job: _Job) -> None:
        heappush(self._lanes[job.lane], (job.due, next(self._numbers), job))

    def _end(self, job: _Job) -> None:
        job.over = True
        self._handed_out.pop(job.receipt, None)
        self._waiting -= 1

    async def _wake(self) -> None:
        """Callers that wait look again: a job may be due sooner than before."""
        async with self._changed:
            self._changed.notify_all()


def _now() -> float:
    return asyncio.get_running_loop().time()
