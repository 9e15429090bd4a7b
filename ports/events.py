"""The messages that changes of registrations left, and the stream that the world reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.model.cloud_events import OutgoingEvent
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that the stream will not have, while it takes others."""

    id: str
    reason: str
    """For the operator: constant words, nothing of the event's content."""


class EventStream(Protocol):
    """Where events are published. Other packages may bring their own: see docs/adding-a-stream.md."""

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        """Publish these, each at least once, those of one key in the order given; those that were refused.

        What returns without being refused is as safe as the stream can make it. After one event is refused,
        none with the same key is sent in this call: those behind it count as refused too, with the reason
        ``BEHIND``. Refusing is for what would be refused again, such as an event too large. A stream that is
        down or busy is tried for a while and then raises Unavailable; some events may be out then, in order.
        """
        ...


BEHIND = "behind one that was refused"
