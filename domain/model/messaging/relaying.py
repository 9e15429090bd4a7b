"""How messages leave: the way that each takes, and what becomes of those that are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.model.messaging.messages import StoredMessage
from domain.model.registrations.entry import BackgroundTask, EntryEvent

MAX_ATTEMPTS: Final = 5
"""How often an event is offered to a stream that refuses it: with the pauses, over a quarter of a minute."""
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)

MAX_WAITING: Final = 1_000
MAX_WAITING_BYTES: Final = 1024 * 1024


class Channel(StrEnum):
    """Who takes it. Each way goes on while the others are blocked."""

    EVENTS = "events"
    RETRIES = "retries"
    RECEIPTS = "receipts"


CHANNEL_MESSAGES: Final[Mapping[Channel, frozenset[EntryEvent | BackgroundTask]]] = {
    Channel.EVENTS: frozenset(EntryEvent),
    Channel.RETRIES: frozenset({BackgroundTask.RETRY_FANSCORE}),
    Channel.RECEIPTS: frozenset({BackgroundTask.SEND_RECEIPT}),
}
"""What goes each way."""

_CHANNELS: Final = {about: channel for channel, abouts in CHANNEL_MESSAGES.items() for about in abouts}


def channel_of(about: EntryEvent | BackgroundTask) -> Channel:
    return _CHANNELS[about]


def pause_after(attempts: int) -> timedelta:
    """1, 2, 4, 8 … seconds, at most a minute."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


def waiting_limit(messages: Sequence[StoredMessage]) -> int:
    """A change that leaves these is refused while its entry has so many waiting already.

    Whatever sizes come in whatever order, no entry outgrows what a database stores as one document (16 MiB): the
    n-th event has at most MAX_WAITING_BYTES / n, and a thousand of those add up to less than 8 times as much.
    Ordinary changes, of 1 KB each, find room for a thousand.
    """
    size = sum(len(message.data.encode()) for message in messages if message.data is not None)
    return max(1, min(MAX_WAITING, MAX_WAITING_BYTES // max(1, size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """It was refused, and is tried again."""

    message: StoredMessage
    """With this attempt counted."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """It was refused too often, and is out of the others' way until somebody puts it back."""

    message: StoredMessage
    reason: str
    """For the operator: constant words, nothing of the message's content."""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of messages of one way; of those left out, nothing did."""

    channel: Channel
    at: datetime
    passed_on: Sequence[StoredMessage] = ()
    postponed: Sequence[Postponed] = ()
    parked: Sequence[Parked] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the relay stands, for whoever watches over it."""

    oldest_event: datetime | None
    """Since when the event that waits longest has waited; a refused one counts from its next attempt."""
    waiting: int
    """Entries whose events wait."""
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """What one pass did."""

    passed_on: int = 0
    postponed: int = 0
    parked: Sequence[Parked] = ()
    unaddressed: int = 0
    """Receipts that there was nobody to write to."""
    more: bool = False
    """There may be more that waits."""
