"""Let something happen once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from domain.model.errors import Refusals
from ports.system import Clock, RateLimit, RateLimits

REMEMBERED: Final = timedelta(days=1)
"""Longer than a page stays open."""
_ONE: Final = RateLimit(per_minute=timedelta(minutes=1) / REMEMBERED, burst=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOnce:
    """True for the first caller who takes this name, in any process; False for all others, for one day.

    The console takes the name of a form before it makes the change. So Back, Reload and a double click repeat
    nothing.
    """

    raises: ClassVar[Refusals] = ()

    limits: RateLimits
    clock: Clock

    async def __call__(self, name: str) -> bool:
        """Raises Unavailable."""
        return await self.limits.take(f"once {name}", _ONE, self.clock.now()) is None
