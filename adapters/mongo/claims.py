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
from adapters.mongo.together import LANES, share_of
from adapters.mongo.turns import Turns
from domain.model.reservations import Claim, Reservation

CODES_PER_ROUND: Final = 1_000


class _Line:
    """Those who wait for one pool, and how many are being served."""

    def __init__(self) -> None:
        self.waiting: list[Filling] = []
        self.served = 0
        self.rounds = 0

    @property
    def share(self) -> int:
        return share_of(len(self.waiting), self.served)

    @property
    def may_begin(self) -> bool:
        """Whoever waits for a round to fill up waits no longer than the round under way takes."""
        return self.rounds < LANES and 0 < self.share <= len(self.waiting)

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.rounds

    def next_group(self) -> list[Filling]:
        """Who is served next, first come first; one reserveId only once, and nobody who has left."""
        group: dict[str, Filling] = {}
        wanted, share = 0, self.share
        left: list[Filling] = []
        for filling in self.waiting:
            fits = not group or (len(group) < share and wanted + filling.claim.count <= CODES_PER_ROUND)
            if filling.over:
                continue
            if fits and filling.claim.reserve_id not in group:
                group[filling.claim.reserve_id] = filling
                wanted += filling.claim.count
            else:
                left.append(filling)
        self.waiting = left
        return list(group.values())


class ClaimQueue:
    """Serves claims, those of one pool together."""

    def __init__(self, codes: CodeCollection, turns: Turns) -> None:
        self._filler = Filler(codes, turns)
        self._lines: defaultdict[Pool, _Line] = defaultdict(_Line)
        self._tasks: set[asyncio.Task[None]] = set()

    async def claim(self, claim: Claim) -> Reservation:
        """All or nothing. Raises CodesExhausted, ReservationMismatch."""
        filling = Filling(claim, asyncio.get_running_loop().create_future())
        self._lines[filling.pool].waiting.append(filling)
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

    async def _serve(self, pool: Pool, line: _Line) -> None:
        """One round, of those who wait by the time it begins."""
        group = line.next_group()
        line.served += len(group)
        self._begin(pool)
        try:
            await self._guarded(group, self._round(group))
        finally:
            line.served -= len(group)
            line.rounds -= 1
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
