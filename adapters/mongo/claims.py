"""Claiming codes from a pool in MongoDB.

Callers of one process who wait for the same pool are served together: one read finds codes for all of them,
one bulk write takes them. Reading starts at a random slot, so that processes rarely meet; where they do, each
document's compare-and-set decides, and the loser looks for another code (code-service REQ-007).
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from adapters.mongo.collection import CodeCollection
from adapters.mongo.filler import Filler
from adapters.mongo.filling import Filling, Pool
from adapters.mongo.turns import Turns
from domain.model.reservations import Claim, Reservation

CODES_PER_ROUND: Final = 1_000
LANES: Final = 2
"""Rounds of one pool under way at once: while one is being written, the next is read."""


class ClaimQueue:
    """Serves claims, those of one pool together."""

    def __init__(self, codes: CodeCollection, turns: Turns) -> None:
        self._filler = Filler(codes, turns)
        self._waiting: defaultdict[Pool, list[Filling]] = defaultdict(list)
        self._lanes: defaultdict[Pool, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    async def claim(self, claim: Claim) -> Reservation:
        """All or nothing. Raises CodesExhausted, ReservationMismatch."""
        filling = Filling(claim, asyncio.get_running_loop().create_future())
        self._waiting[filling.pool].append(filling)
        if self._lanes[filling.pool] < LANES:
            self._lanes[filling.pool] += 1
            self._spawn(self._serve(filling.pool))
        return await filling.done

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, pool: Pool) -> None:
        """Round after round, until nobody waits."""
        try:
            while group := self._next_group(pool):
                await self._guarded(group, self._round(group))
        finally:
            self._lanes[pool] -= 1
            if not self._lanes[pool]:
                del self._lanes[pool]

    def _next_group(self, pool: Pool) -> list[Filling]:
        """Who is served next, first come first; one reserveId only once, and nobody who has left."""
        group: dict[str, Filling] = {}
        wanted = 0
        left: list[Filling] = []
        for filling in self._waiting.pop(pool, []):
            fits = not group or wanted + filling.claim.count <= CODES_PER_ROUND
            if filling.over:
                continue
            if fits and filling.claim.reserve_id not in group:
                group[filling.claim.reserve_id] = filling
                wanted += filling.claim.count
            else:
                left.append(filling)
        if left:
            self._waiting[pool] = left
        return list(group.values())

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
