"""The system around the use cases: time, health, rate limits, leases, and the request that is being served."""

import math
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.model.messaging.leases import Shares
from domain.model.messaging.messages import NO_REQUEST, RequestContext


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC, to the millisecond (what stores and answers keep of it)."""
        ...


class HealthCheck(Protocol):
    @property
    def name(self) -> str:
        """The part, as an operator knows it: ``store``, ``objects``."""
        ...

    async def ping(self) -> None:
        """Return when the part answers and is ready for use; raise Unavailable when it is not."""
        ...


class StoreHealth(HealthCheck, Protocol):
    def away(self) -> bool:
        """True while the store is known not to answer. Asks nothing, so a request can be refused at once."""
        ...

    async def lacking(self) -> Sequence[str]:
        """The indexes that are missing or differ, ``collection.name`` each. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A bucket that holds ``burst`` tokens and gets ``per_minute`` new ones evenly over each minute."""

    per_minute: float
    """Below 1: it takes longer than a minute for a new one."""
    burst: int

    @property
    def interval(self) -> timedelta:
        """From one new token to the next; in whole milliseconds, which is what stores keep, and never less."""
        return timedelta(milliseconds=math.ceil(60_000 / self.per_minute))

    @property
    def fill_time(self) -> timedelta:
        """From empty to full."""
        return self.interval * self.burst


CALLS: Final = ("writes", "reads")
"""The calls of a person that are counted."""


def subject_of(call: str, user_id: str) -> str:
    """The bucket of a person's calls of one kind."""
    return f"{call} {user_id}"


class RateLimits(Protocol):
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        """Take one token of the subject's bucket, in one atomic step; None, or how long until there is one.

        Raises Unavailable.
        """
        ...


SharesChange = Callable[[Shares, datetime], Shares]
"""From the shares as they are, and the time, to the shares as they should be. Pure: it runs again when another
worker changed the shares first."""


class Leases(Protocol):
    async def current(self) -> tuple[Shares, datetime]:
        """The shares as they are, and the store's time. Raises Unavailable."""
        ...

    async def change(self, change: SharesChange) -> tuple[Shares, datetime]:
        """Store what ``change`` makes of the shares, in one atomic step. Returns the new shares, and the time.

        The time is the store's own: one clock for all workers. Raises Unavailable; the change may have been made
        all the same.
        """
        ...


CurrentRequest = Callable[[], RequestContext]
"""Returns the request that the calling task serves. Call it in that task: an object that tasks share belongs to no
request. Cheap, and never raises."""


def no_request() -> RequestContext:
    """For work that belongs to no request."""
    return NO_REQUEST


_CURRENT: Final = ContextVar("fangate.origin", default=NO_REQUEST)


def current_request() -> RequestContext:
    """The request set last in this task, or in the task that started it."""
    return _CURRENT.get()


def set_current_request(request: RequestContext) -> None:
    """For the rest of this task, and for the tasks that it starts."""
    _CURRENT.set(request)
