"""Claiming codes from a pool in MongoDB.

Callers of one process who wait for the same pool are served together: one read finds codes for all of them,
one bulk write takes them. Reading starts at a random slot, so that processes rarely meet; where they do, each
document's compare-and-set decides, and the loser looks for another code (code-service REQ-007).
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

from adapters.mongo.codes.claims.attempt import Filling, Pool
from adapters.mongo.codes.claims.executor import Filler
from adapters.mongo.codes.claims.pool_lock import Turns
from adapters.mongo.codes.claims.waiting import LINGER_SECONDS, Line
from adapters.mongo.codes.collection import CodeCollection
from domain.model.codes.reservations import Claim, Reservation


class ClaimQueue:
    """Serves claims, those of one pool together."""

    def __init__(self, codes: CodeCollection, turns: Turns) -> None:
        self._filler = Filler(codes, turns)
        self._lines: defaultdict[Pool, Line] = defaultdict(Line)
        self._tasks: set[asyncio.Task[None]] = set()

    async def claim(self, claim: Claim) -> Reservation:
        """All or nothing. Raises CodesExhausted, ReservationMismatch."""
        filling = Filling(claim, asyncio.get_running_loop().create_future())
        self._lines[filling.pool].join(filling)
        self._begin(filling.pool)
        return await filling.done

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin(self, pool: Pool) -> None:
        line = self._lines[pool]
        if line.may_begin:
            line.rounds += 1
            self._spawn(self._serve(pool, line))
        elif line.idle:
            del self._lines[pool]

    async def _serve(self, pool: Pool, line: Line) -> None:
        """One round, of those who wait by the time it begins."""
        group = line.begin()
        self._begin(pool)
        try:
            await self._guarded(group, self._round(group))
        finally:
            line.end(len(group))
            self._begin(pool)
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._linger_no_more, pool, line, len(group))

    def _linger_no_more(self, pool: Pool, line: Line, returning: int) -> None:
        line.give_up(returning)
        self._begin(pool)

    async def _guarded(self, group: Sequence[Filling], work: Coroutine[Any, Any, None]) -> None:
        """Whatever goes wrong, everyone in the group hears of it."""
        try:
            await work
        except asyncio.CancelledError:
            for filling in group:
                filling.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is theirs to hear
            for filling in group:
                filling.fail(error)

    async def _round(self, group: Sequence[Filling]) -> None:
        await self._filler.fill(group)
        for filling in group:
            if filling.done.cancelled():
                # The caller has left and may not even know the reserveId: nobody else would bring these back.
                self._spawn(self._guarded([filling], self._filler.give_back(filling)))
            elif filling.full and not filling.unsure:
                filling.succeed()
            elif not filling.over:
                self._spawn(self._guarded([filling], self._filler.settle(filling)))
