"""Live updates for whoever has the page open."""

from typing import Protocol

from domain.model.cloud_events import OutgoingEvent


class Realtime(Protocol):
    async def tell(self, event: OutgoingEvent) -> None:
        """Say that an entry changed. Raises Unavailable; nobody waits for it and it is not repeated."""
        ...
