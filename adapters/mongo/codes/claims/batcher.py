"""Claiming codes from a pool in MongoDB.

Claims of one process that wait for the same pool are served together: one read finds codes for all of them, one
bulk write takes them. Reading starts at a random key, so processes rarely meet. Where they do, the compare-and-set
of each document decides, and the loser looks for another code (code-service REQ-007).
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

from adapters.mongo.batching import errors_reach
from adapters.mongo.codes.claims.attempt import ClaimAttempt, Phase, Pool
from adapters.mongo.codes.claims.executor import ClaimExecutor
from adapters.mongo.codes.claims.pool_lock import PoolLock
from adapters.mongo.codes.claims.queue import LINGER_SECONDS, ClaimQueue
from adapters.mongo.codes.claims.settlement import Settlement
from adapters.mongo.codes.claims.survey import PoolSurvey
from adapters.mongo.codes.collection import CodeCollection
from domain.model.codes.reservations import Claim, Reservation


class ClaimBatcher:
    """Serves claims, those of one pool in batches."""

    def __init__(self, codes: CodeCollection, lock: PoolLock) -> None:
        self._executor = ClaimExecutor(codes)
        self._settlement = Settlement(self._executor, PoolSurvey(codes), lock)
        self._queues: defaultdict[Pool, ClaimQueue] = defaultdict(ClaimQueue)
        self._tasks: set[asyncio.Task[None]] = set()

    async def claim(self, claim: Claim) -> Reservation:
        """All or nothing. Raises CodesExhausted, ReservationMismatch."""
        attempt = ClaimAttempt(claim)
        self._queues[attempt.pool].join(attempt)
        self._start_batch(attempt.pool)
        try:
            return await attempt.answer
        except asyncio.CancelledError:
            if attempt.phase is Phase.ANSWERED:  # The caller left at the very moment of the answer, and missed it.
                self._spawn(self._settle(attempt))
            raise

    def _start_batch(self, pool: Pool) -> None:
        queue = self._queues[pool]
        if queue.may_start:
            queue.start_batch()
            self._spawn(self._batch(pool, queue))
        elif queue.idle:
            del self._queues[pool]

    async def _batch(self, pool: Pool, queue: ClaimQueue) -> None:
        """Serve the claims that wait by the time the task runs."""
        batch = queue.next_batch()
        self._start_batch(pool)
        try:
            await self._serve(batch)
        finally:
            queue.end_batch(len(batch))
            self._start_batch(pool)
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._stop_waiting, pool, queue, len(batch))

    def _stop_waiting(self, pool: Pool, queue: ClaimQueue, returning: int) -> None:
        queue.stop_waiting_for(returning)
        self._start_batch(pool)

    async def _serve(self, batch: Sequence[ClaimAttempt]) -> None:
        with errors_reach([attempt.answer for attempt in batch]):
            await self._executor.fill(batch)
            for attempt in batch:
                if attempt.phase is Phase.FILLED:
                    attempt.succeed()
                elif attempt.phase is not Phase.ANSWERED:
                    self._spawn(self._settle(attempt))

    async def _settle(self, attempt: ClaimAttempt) -> None:
        """The next batch does not wait for it."""
        with errors_reach([attempt.answer]):
            await self._settlement.settle(attempt)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
