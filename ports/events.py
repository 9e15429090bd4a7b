"""The stream that events are published to (entry-service REQ-010)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from domain.model.cloud_events import OutgoingEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that the stream refuses, while it accepts others."""

    id: str
    reason: str
    """For the operator. Constant words, without content of the event."""


class EventStream(Protocol):
    """Where events are published. Other packages may bring their own: see docs/adding-a-stream.md."""

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        """Publish events, each at least once. Events with the same key keep their order. Returns the refused
        events.

        An event that is not refused is stored as safely as the stream can store it. After a refused event, no
        event with the same key is sent in this call: such events are refused, too, with the reason ``BEHIND``.
        Refuse only events that would be refused again, such as an event that is too large. When the stream is down
        or busy, try for a while, then raise Unavailable. Some events may be published then, in order.

        Send an event only after the event before it with the same key is known to be in the stream. Then the first
        copies of all ids are in order, also after failures and repeated calls. Several calls may run at the same
        time, each with different keys.
        """
        ...


BEHIND: Final = "behind one that was refused"
TOO_LARGE: Final = "too large"


def sort_out(
    events: Sequence[OutgoingEvent], refusal: Callable[[OutgoingEvent], str | None]
) -> tuple[list[OutgoingEvent], list[Refused]]:
    """The events to send, and the refused events. ``refusal`` returns the reason to refuse an event, or None.
    Events behind a refused one with the same key are refused, too."""
    accepted: list[OutgoingEvent] = []
    refused: list[Refused] = []
    closed: set[str] = set()
    for event in events:
        reason = BEHIND if event.key in closed else refusal(event)
        if reason is None:
            accepted.append(event)
        else:
            refused.append(Refused(id=event.id, reason=reason))
            closed.add(event.key)
    return accepted, refused
