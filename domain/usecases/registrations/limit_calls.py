"""Keep one caller from taking everybody's share."""

import ipaddress
import math
from dataclasses import dataclass
from typing import Literal

from domain.model.errors import RateLimited, Unavailable
from domain.model.ids import UserId
from ports.system import Clock, RateLimit, RateLimits

Kind = Literal["writes", "reads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCalls:
    """Each fan may ask so often a minute, and so may each address; None sets no limit.

    Who cannot be counted, because the store does not answer, is let in: if the store is needed, it will say so.
    """

    limits: RateLimits
    clock: Clock
    writes: RateLimit | None
    reads: RateLimit | None
    address: RateLimit | None

    async def __call__(self, kind: Kind, user_id: UserId, address: str | None) -> None:
        """Raises RateLimited."""
        if self.address is not None and (place := network_of(address)) is not None:
            await self._take("address", f"address {place}", self.address)
        limit = self.writes if kind == "writes" else self.reads
        if limit is not None:
            await self._take(kind, f"{kind} {user_id}", limit)

    async def _take(self, of: str, subject: str, limit: RateLimit) -> None:
        try:
            wait = await self.limits.take(subject, limit, self.clock.now())
        except Unavailable:
            return
        if wait is not None:
            raise RateLimited(of=of, per_minute=limit.per_minute, seconds=max(1, math.ceil(wait.total_seconds())))


def per_minute(number: int) -> RateLimit | None:
    """A minute's worth at once, then evenly; 0 is no limit."""
    return RateLimit(per_minute=number, burst=number) if number else None


def network_of(address: str | None) -> str | None:
    """Whose address it is: of the newer kind everyone has 2⁶⁴, so those count as one. None for what is none."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
