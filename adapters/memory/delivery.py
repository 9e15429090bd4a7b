"""Where messages go when nothing else is configured: they are remembered for a while, by this process alone."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from domain.model.cloud_events import OutgoingEvent
from ports.events import Refused
from ports.receipts import Receipt

REMEMBERED: Final = 10_000


class MemoryEventStream:
    def __init__(self) -> None:
        self.published: deque[OutgoingEvent] = deque(maxlen=REMEMBERED)

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        self.published.extend(events)
        return ()


class LogReceipts:
    """For development: says in the log that a receipt would have been mailed, but not to whom."""

    async def send(self, receipt: Receipt) -> bool:
        structlog.get_logger().info("receipt.not_sent_only_logged", message_id=receipt.id)
        return True


class NoRealtime:
    async def tell(self, event: OutgoingEvent) -> None:
        """Nobody listens."""
