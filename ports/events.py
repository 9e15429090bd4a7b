"""The messages that changes of registrations left, and the stream that the world reads."""

from collections.abc import Sequence
from typing import Protocol

from domain.model.events import StoredMessage


class Outbox(Protocol):
    """Each message was stored in one write with the change it tells of, and stays until it is ``done``."""

    async def pending(self, limit: int) -> Sequence[StoredMessage]:
        """Up to ``limit`` messages, beginning with the entries that have waited longest.

        Those of one entry are in the order they were left, none skipped.
        """
        ...

    async def done(self, messages: Sequence[StoredMessage]) -> None:
        """Forget these; saying so twice is no error."""
        ...


class EventStream(Protocol):
    async def publish(self, events: Sequence[StoredMessage]) -> None:
        """Publish these, those of one entry in their order. Raises Unavailable; some may be out then."""
        ...
