"""Leases among the workers of this process."""

from datetime import UTC, datetime

from domain.model.messaging.leases import Shares
from ports.system import SharesChange


class MemoryLeases:
    def __init__(self) -> None:
        self._shares = Shares()

    async def current(self) -> tuple[Shares, datetime]:
        return self._shares, datetime.now(UTC)

    async def change(self, change: SharesChange) -> tuple[Shares, datetime]:
        now = datetime.now(UTC)
        self._shares = change(self._shares, now)
        return self._shares, now
