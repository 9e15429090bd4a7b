"""Where messages go when nothing else is configured: they are remembered for a while, by this process alone."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from domain.model.events import StoredMessage

REMEMBERED: Final = 10_000


class MemoryEventStream:
    def __init__(self) -> None:
        self.published: deque[StoredMessage] = deque(maxlen=REMEMBERED)

    async def publish(self, events: Sequence[StoredMessage]) -> None:
        self.published.extend(events)


class MemoryRetryQueue:
    def __init__(self) -> None:
        self.sent: deque[StoredMessage] = deque(maxlen=REMEMBERED)

    async def send(self, message: StoredMessage) -> None:
        self.sent.append(message)


class LogReceipts:
    """For development: says in the log that a receipt would have been mailed, but not to whom."""

    async def send(self, message: StoredMessage) -> None:
        structlog.get_logger().info("receipt.not_sent_only_logged", message_id=message.id)
