"""How often somebody may do something, counted over all processes."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A bucket that holds ``burst`` tokens and gets ``per_minute`` new ones evenly over each minute."""

    per_minute: int
    burst: int

    @property
    def interval(self) -> timedelta:
        """From one new token to the next; in whole milliseconds, which is what stores keep, and never less."""
        return timedelta(milliseconds=math.ceil(60_000 / self.per_minute))

    @property
    def fill_time(self) -> timedelta:
        """From empty to full."""
        return self.interval * self.burst


class RateLimits(Protocol):
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        """Take one token of the subject's bucket, in one atomic step; None, or how long until there is one.

        Raises Unavailable.
        """
        ...
