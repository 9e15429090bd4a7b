"""A stream that only this process can read."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out

REMEMBERED: Final = 10_000
MAX_EVENT_BYTES: Final = 921_600
"""Body and key, as for Kinesis: an event that this stream takes is not too large for Kinesis."""


class MemoryEventStream:
    """Keeps the latest events."""

    def __init__(self) -> None:
        self.published: deque[OutgoingEvent] = deque(maxlen=REMEMBERED)

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        self.published.extend(accepted)
        return refused


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) + len(event.key.encode()) > MAX_EVENT_BYTES else None
