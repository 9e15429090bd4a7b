"""Leases of partitions. Each entry belongs to a partition, and at most one worker relays a partition's
messages."""

import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.model.ids import CampaignId, UserId

PARTITIONS: Final = 64
"""Stored in the entries. A change of this number needs a migration."""


def partition_of(campaign_id: CampaignId, user_id: UserId) -> int:
    """The partition of an entry: the same in every process and release."""
    return zlib.crc32(f"{campaign_id}/{user_id}".encode()) % PARTITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The partitions that one worker holds, until its lease ends."""

    worker: str
    until: datetime
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of all workers. No partition is in two of them."""

    shares: tuple[Share, ...] = ()

    def of(self, worker: str) -> Share | None:
        return next((share for share in self.shares if share.worker == worker), None)

    @property
    def fair_share(self) -> int:
        """The most partitions that one worker may hold, so that each worker gets some."""
        return math.ceil(PARTITIONS / max(1, len(self.shares)))

    def renewed(
        self, worker: str, now: datetime, lasting: timedelta, *, giving_back: Collection[int] = ()
    ) -> "Shares":
        """Renew a worker's lease. It keeps its partitions except ``giving_back``, and takes free ones up to its
        fair share.

        A worker that has not renewed in time is removed, and its partitions are free.
        """
        before = self.of(worker)
        others = Shares(tuple(share for share in self.shares if share.worker != worker and share.until > now))
        own = (before.partitions if before else frozenset()) - frozenset(giving_back)
        free = sorted(set(range(PARTITIONS)).difference(own, *(share.partitions for share in others.shares)))
        share = Share(worker=worker, until=now + lasting, partitions=own)
        shares = Shares((*others.shares, share))
        missing = max(0, shares.fair_share - len(own))
        return Shares((*others.shares, replace(share, partitions=own.union(free[:missing]))))

    def without(self, worker: str) -> "Shares":
        """Remove a worker that stops."""
        return Shares(tuple(share for share in self.shares if share.worker != worker))
