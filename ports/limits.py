"""How often somebody may do something, counted over all processes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A bucket that holds ``burst`` tokens and gets ``per_minute`` new ones evenly over each minute."""

    per_minute: int
    burst: int


class RateLimits(Protocol):
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        """Take one token of the subject's bucket, in one atomic step; None, or how long until there is one.

        Raises Unavailable.
        """
        ...
