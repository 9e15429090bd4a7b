"""How the work behind the service goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.messaging.relaying import Standing
from ports.messaging import CountedQueue, Depth, Outbox
from ports.system import Clock, Leases, StoreHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingWorker:
    """A worker with a lease."""

    worker: str
    renewed_at: datetime
    """When it was last known to work."""
    lease_ends_at: datetime
    partitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    standing: Standing
    depth: Depth
    workers: Sequence[WorkingWorker]
    lacking: Sequence[str]
    """Indexes that are missing or differ."""
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOperations:
    """The messages that wait or are parked, the jobs of the queue, the workers, and the indexes of the store.

    A worker that has not renewed its lease in time is not listed.
    """

    raises: ClassVar[Refusals] = ()

    outbox: Outbox
    queue: CountedQueue
    leases: Leases
    store: StoreHealth
    clock: Clock
    lease: timedelta
    """How long a worker's lease lasts, from its renewal."""

    async def __call__(self) -> Operations:
        shares, now = await self.leases.current()
        workers = [
            WorkingWorker(
                worker=share.worker,
                renewed_at=share.until - self.lease,
                lease_ends_at=share.until,
                partitions=len(share.partitions),
            )
            for share in shares.shares
            if share.until > now
        ]
        return Operations(
            standing=await self.outbox.standing(),
            depth=await self.queue.depth(),
            workers=sorted(workers, key=lambda one: one.worker),
            lacking=await self.store.lacking(),
            as_of=self.clock.now(),
        )
