"""Limit how often one caller may ask."""

import ipaddress
import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.model.errors import RateLimited, Refusals, Unavailable
from domain.model.ids import UserId
from ports.system import Clock, RateLimit, RateLimits, subject_of

Kind = Literal["writes", "reads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCalls:
    """Limit the requests of each fan and of each address per minute. None sets no limit.

    When the store does not answer, the request is not limited: a request that needs the store fails by itself.
    """

    raises: ClassVar[Refusals] = (RateLimited,)

    limits: RateLimits
    clock: Clock
    writes: RateLimit | None
    reads: RateLimit | None
    address: RateLimit | None

    async def __call__(self, kind: Kind, user_id: UserId | None, address: str | None) -> None:
        """``user_id``: None for a caller without a token. Raises RateLimited."""
        if self.address is not None and (network := network_of(address)) is not None:
            await self._take("address", f"address {network}", self.address)
        limit = self.writes if kind == "writes" else self.reads
        if limit is not None and user_id is not None:
            await self._take(kind, subject_of(kind, user_id), limit)

    async def _take(self, of: str, subject: str, limit: RateLimit) -> None:
        try:
            wait = await self.limits.take(subject, limit, self.clock.now())
        except Unavailable:
            return
        if wait is not None:
            seconds = max(1, math.ceil(wait.total_seconds()))
            raise RateLimited(of=of, per_minute=round(limit.per_minute), seconds=seconds)


def per_minute(number: int) -> RateLimit | None:
    """The limit for ``number`` requests a minute: all of them at once, then evenly. 0 means no limit."""
    return RateLimit(per_minute=number, burst=number) if number else None


def network_of(address: str | None) -> str | None:
    """The network that is counted: an IPv4 address, or an IPv6 /64, since one caller has 2⁶⁴ addresses of it. None
    when ``address`` is not an IP address."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
