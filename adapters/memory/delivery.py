"""Where messages go when nothing else is configured: they are remembered for a while, by this process alone."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out
from ports.neighbours import Receipt

REMEMBERED: Final = 10_000
MAX_EVENT_BYTES: Final = 921_600
"""Body and key, as for Kinesis: what gets through here gets through there."""


class MemoryEventStream:
    def __init__(self) -> None:
        self.published: deque[OutgoingEvent] = deque(maxlen=REMEMBERED)

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        self.published.extend(accepted)
        return refused


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) + len(event.key.encode()) > MAX_EVENT_BYTES else None


class LogReceipts:
    """For development: says in the log that a receipt would have been mailed, but not to whom."""

    async def send(self, receipt: Receipt) -> bool:
        structlog.get_logger().info("receipt.not_sent_only_logged", message_id=receipt.id)
        return True
