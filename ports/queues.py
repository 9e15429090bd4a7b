"""Work for later, and for whoever comes first."""

from typing import Protocol

from domain.model.events import StoredMessage


class RetryQueue(Protocol):
    async def send(self, message: StoredMessage) -> None:
        """Ask for the fanscore again, some time later. Raises Unavailable."""
        ...
