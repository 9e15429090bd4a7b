"""Which worker relays which messages: entries fall into partitions, and one worker at most holds a partition."""

import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.model.ids import CampaignId, UserId

PARTITIONS: Final = 64
"""Written into the entries: changing it means numbering them anew."""


def partition_of(campaign_id: CampaignId, user_id: UserId) -> int:
    """The same in every process and release."""
    return zlib.crc32(f"{campaign_id}/{user_id}".encode()) % PARTITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one worker holds, until it is silent for too long."""

    worker: str
    until: datetime
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all workers; no partition is in two of them."""

    shares: tuple[Share, ...] = ()

    def of(self, worker: str) -> Share | None:
        return next((share for share in self.shares if share.worker == worker), None)

    @property
    def fair_share(self) -> int:
        """As many as each may hold, so that there are enough for everyone."""
        return math.ceil(PARTITIONS / max(1, len(self.shares)))

    def renewed(
        self, worker: str, now: datetime, lasting: timedelta, *, giving_back: Collection[int] = ()
    ) -> "Shares":
        """The worker lives: it keeps its partitions but those it gives back, and takes free ones up to its fair
        share.

        A worker that has not renewed in time is forgotten, and its partitions are free.
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
        """The worker ends."""
        return Shares(tuple(share for share in self.shares if share.worker != worker))
