"""Who of the workers does what: kept where all of them look."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.model.leases import Shares

SharesChange = Callable[[Shares, datetime], Shares]
"""From the shares as they are, and the time, to the shares as they should be. Pure; run again whenever somebody
else changed them first."""


class Leases(Protocol):
    async def change(self, change: SharesChange) -> tuple[Shares, datetime]:
        """Store what ``change`` makes of the shares, in one atomic step; what they have become, and the time.

        The time is the store's own, one clock for all workers. Raises Unavailable; the change may have been made
        then.
        """
        ...
