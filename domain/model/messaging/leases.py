"""Which worker passes on whose messages: the entries fall into slots, and each slot is one worker's at most."""

import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.model.ids import CampaignId, UserId

SLOTS: Final = 64
"""Written into the entries: changing it means numbering them anew."""


def slot_of(campaign_id: CampaignId, user_id: UserId) -> int:
    """The same in every process and release."""
    return zlib.crc32(f"{campaign_id}/{user_id}".encode()) % SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one worker holds, until it is silent for too long."""

    worker: str
    until: datetime
    slots: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all workers; no slot is in two of them."""

    shares: tuple[Share, ...] = ()

    def of(self, worker: str) -> Share | None:
        return next((share for share in self.shares if share.worker == worker), None)

    @property
    def fair(self) -> int:
        """As many as each may hold, so that there are enough for everyone."""
        return math.ceil(SLOTS / max(1, len(self.shares)))

    def renewed(
        self, worker: str, now: datetime, lasting: timedelta, *, giving_back: Collection[int] = ()
    ) -> "Shares":
        """The worker lives: it keeps its slots but those it gives back, and takes free ones up to a fair share.

        Whoever has not renewed in time is forgotten, and what it held is free.
        """
        before = self.of(worker)
        others = Shares(tuple(share for share in self.shares if share.worker != worker and share.until > now))
        own = (before.slots if before else frozenset()) - frozenset(giving_back)
        free = sorted(set(range(SLOTS)).difference(own, *(share.slots for share in others.shares)))
        share = Share(worker=worker, until=now + lasting, slots=own)
        shares = Shares((*others.shares, share))
        missing = max(0, shares.fair - len(own))
        return Shares((*others.shares, replace(share, slots=own.union(free[:missing]))))

    def without(self, worker: str) -> "Shares":
        """The worker ends."""
        return Shares(tuple(share for share in self.shares if share.worker != worker))
