"""The messages that changes of registrations left, and the stream that the world reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from domain.model.cloud_events import OutgoingEvent


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

        Of one key, no event is handed over before the one in front of it is known to be in the stream. So
        whatever fails, and whoever publishes the same again, the first of each id are in order. Several calls
        may run at once, each with keys of its own.
        """
        ...


BEHIND: Final = "behind one that was refused"
TOO_LARGE: Final = "too large"


def sort_out(
    events: Sequence[OutgoingEvent], refusal: Callable[[OutgoingEvent], str | None]
) -> tuple[list[OutgoingEvent], list[Refused]]:
    """Those to send, and those that ``refusal`` has a reason to refuse, with all behind them."""
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
