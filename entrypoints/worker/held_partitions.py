"""The partitions that this worker holds: a fair share, and never one that it may have lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from domain.model.messaging.leases import PARTITIONS, Shares
from ports.system import Leases

RENEWED_AFTER: Final = 1 / 3
TRUSTED_FOR: Final = 2 / 3
"""Of the lease, by the clock of this process. The rest is a margin for the clock of the store, which may move to
another machine."""
LOOK_AFTER: Final = 1 / 30
"""While partitions move between workers."""


class HeldPartitions:
    """This worker's lease. Work on a partition that the worker may have lost is stopped."""

    def __init__(self, leases: Leases, worker: str, lasting: timedelta) -> None:
        self._leases = leases
        self._worker = worker
        self._lasting = lasting
        self._partitions: frozenset[int] = frozenset()
        self._leaving: frozenset[int] = frozenset()
        """Above the fair share: no new work starts on these, and they are given back when no work is left."""
        self._working_on: Counter[int] = Counter()
        self._trusted_until = 0.0
        self._limits: set[asyncio.Timeout] = set()

    @property
    def partitions(self) -> frozenset[int]:
        """Those that this worker may work on now."""
        if _now() >= self._trusted_until:
            return frozenset()
        return self._partitions - self._leaving

    @property
    def retry_seconds(self) -> float:
        """The pause after a renewal that failed."""
        return (self._lasting * LOOK_AFTER).total_seconds()

    async def renew(self) -> float:
        """Renew the lease and share the partitions anew. Returns the seconds until the next renewal is due.

        Raises Unavailable.
        """
        began = _now()
        giving_back = [partition for partition in self._leaving if not self._working_on[partition]]
        shares, now = await self._leases.change(
            lambda shares, now: shares.renewed(self._worker, now, self._lasting, giving_back=giving_back)
        )
        own = shares.of(self._worker)
        assert own is not None, "a worker that renews has a share"
        self._partitions, self._leaving = own.partitions, frozenset(sorted(own.partitions)[shares.fair_share :])
        self._trust_until(began + TRUSTED_FOR * self._lasting.total_seconds())
        ends = [share.until - now for share in shares.shares if share.worker != self._worker]
        return max(min([self._pause(shares), *ends]), self._lasting * LOOK_AFTER).total_seconds()

    def _trust_until(self, instant: float) -> None:
        """Also for work under way, unless it is being stopped: that takes until its own calls have ended."""
        self._trusted_until = instant
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(instant)

    def _pause(self, shares: Shares) -> timedelta:
        settled = not self._leaving and len(self._partitions) >= PARTITIONS // len(shares.shares)
        return self._lasting * (RENEWED_AFTER if settled else LOOK_AFTER)

    @asynccontextmanager
    async def working_on(self, wanted: Collection[int]) -> AsyncIterator[Collection[int]]:
        """Gives those of the wanted partitions that this worker holds for as long as the block lasts.

        Raises TimeoutError into the block when the lease may have run out.
        """
        partitions = self.partitions.intersection(wanted)
        self._working_on.update(partitions)
        limit = asyncio.timeout_at(self._trusted_until)
        try:
            async with limit:
                self._limits.add(limit)
                try:
                    yield partitions
                finally:
                    self._limits.discard(limit)
        finally:
            self._working_on.subtract(partitions)

    async def give_back(self) -> None:
        """Give back every partition. Raises Unavailable."""
        self._partitions = frozenset()
        await self._leases.change(lambda shares, _: shares.without(self._worker))


def _now() -> float:
    return asyncio.get_running_loop().time()
