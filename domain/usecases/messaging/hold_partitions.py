"""Hold a fair share of the partitions, and know at every moment which."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from domain.model.messaging.leases import PARTITIONS
from ports.system import Leases

RENEWED_AFTER: Final = 1 / 3
TRUSTED_FOR: Final = 2 / 3
"""Of a lease, by this process's own clock: the rest is for the store's, which may change machines."""
LOOK_AFTER: Final = 1 / 30
"""While partitions are changing hands."""


class HoldPartitions:
    """This worker's lease.

    A partition that the worker may have lost is never handed out, and work on it that still runs is stopped.
    """

    def __init__(self, leases: Leases, worker: str, lasting: timedelta) -> None:
        self._leases = leases
        self._worker = worker
        self._lasting = lasting
        self._partitions: frozenset[int] = frozenset()
        self._leaving: frozenset[int] = frozenset()
        """More than a fair share: nobody begins work on these, and without work they are given back."""
        self._in_hand: Counter[int] = Counter()
        self._trusted_until = 0.0
        self._limits: set[asyncio.Timeout] = set()

    @property
    def partitions(self) -> frozenset[int]:
        """Those that this worker may work on now."""
        if asyncio.get_running_loop().time() >= self._trusted_until:
            return frozenset()
        return self._partitions - self._leaving

    @property
    def again_seconds(self) -> float:
        """When to try again what went wrong."""
        return (self._lasting * LOOK_AFTER).total_seconds()

    async def renew(self) -> float:
        """Say that this worker lives, and share anew; in how many seconds to do so again. Raises Unavailable."""
        began = asyncio.get_running_loop().time()
        giving_back = [partition for partition in self._leaving if not self._in_hand[partition]]
        shares, now = await self._leases.change(
            lambda shares, now: shares.renewed(self._worker, now, self._lasting, giving_back=giving_back)
        )
        own = shares.of(self._worker)
        assert own is not None, "whoever renews has a share"
        self._partitions, self._leaving = own.partitions, frozenset(sorted(own.partitions)[shares.fair_share :])
        self._trusted_until = began + TRUSTED_FOR * self._lasting.total_seconds()
        for limit in self._limits:
            limit.reschedule(self._trusted_until)
        settled = not self._leaving and len(own.partitions) >= PARTITIONS // len(shares.shares)
        pause = self._lasting * (RENEWED_AFTER if settled else LOOK_AFTER)
        ends = [share.until - now for share in shares.shares if share.worker != self._worker]
        return max(min([pause, *ends]), self._lasting * LOOK_AFTER).total_seconds()

    @asynccontextmanager
    async def in_hand(self, of: Collection[int]) -> AsyncIterator[Collection[int]]:
        """The ones among these partitions that this worker holds, for as long as the block lasts.

        Raises TimeoutError into the block when they do not.
        """
        partitions = self.partitions.intersection(of)
        self._in_hand.update(partitions)
        limit = asyncio.timeout_at(self._trusted_until)
        try:
            async with limit:
                self._limits.add(limit)
                try:
                    yield partitions
                finally:
                    self._limits.discard(limit)
        finally:
            self._in_hand.subtract(partitions)

    async def give_back(self) -> None:
        """Everything, at once. Raises Unavailable."""
        self._partitions = frozenset()
        await self._leases.change(lambda shares, _: shares.without(self._worker))
