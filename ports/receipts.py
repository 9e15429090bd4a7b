"""The mail that tells a fan: you are registered."""

from typing import Protocol

from domain.model.events import StoredMessage


class Receipts(Protocol):
    async def send(self, message: StoredMessage) -> None:
        """Send it; the id of the message tells a repeat from another receipt. Raises Unavailable."""
        ...
