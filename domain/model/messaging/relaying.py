"""How messages are passed on: their channels, and the rules for refused messages (entry-service REQ-010)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from domain.model.messaging.messages import StoredMessage
from domain.model.registrations.entry import BackgroundTask, EntryEvent

MAX_ATTEMPTS: Final = 5
"""How often an event is tried when the stream refuses it. With the pauses this takes over 15 seconds."""
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)

MAX_WAITING: Final = 1_000
MAX_WAITING_BYTES: Final = 1024 * 1024


class Channel(StrEnum):
    """Where a message goes. Each channel goes on while others are blocked."""

    EVENTS = "events"
    RETRIES = "retries"
    RECEIPTS = "receipts"


CHANNEL_MESSAGES: Final[Mapping[Channel, frozenset[EntryEvent | BackgroundTask]]] = {
    Channel.EVENTS: frozenset(EntryEvent),
    Channel.RETRIES: frozenset({BackgroundTask.RETRY_FANSCORE}),
    Channel.RECEIPTS: frozenset({BackgroundTask.SEND_RECEIPT}),
}
"""The messages of each channel."""

_CHANNELS: Final = {about: channel for channel, abouts in CHANNEL_MESSAGES.items() for about in abouts}


def channel_of(about: EntryEvent | BackgroundTask) -> Channel:
    return _CHANNELS[about]


def pause_after(attempts: int) -> timedelta:
    """1, 2, 4, 8 … seconds, at most a minute."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


def waiting_limit(messages: Sequence[StoredMessage]) -> int:
    """A change with these messages is refused when this many messages of its entry wait already.

    So an entry with its messages always fits into one database document (16 MiB): the n-th event has at most
    MAX_WAITING_BYTES / n bytes, and a thousand of them add up to less than 8 times MAX_WAITING_BYTES. Ordinary
    changes of 1 KB have room for a thousand messages.
    """
    size = sum(len(message.data.encode()) for message in messages if message.data is not None)
    return max(1, min(MAX_WAITING, MAX_WAITING_BYTES // max(1, size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """A message that was refused and will be tried again."""

    message: StoredMessage
    """The message, with this attempt counted."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message that was refused too often. It no longer blocks others, and waits until an operator puts it
    back."""

    message: StoredMessage
    reason: str
    """For the operator: constant words, nothing of the message's content."""
    since: datetime


class ParkedPosition(NamedTuple):
    """A position in the list of parked messages, which is by time and then by id."""

    since: datetime
    id: str

    @classmethod
    def of(cls, parked: Parked) -> "ParkedPosition":
        return cls(parked.since, parked.message.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryMessages:
    """What was not passed on yet of the messages of one entry."""

    waiting: Sequence[StoredMessage] = ()
    """In the order in which they are passed on, without their content."""
    parked: Sequence[Parked] = ()
    """The longest parked first, at most MAX_WAITING."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome for messages of one channel. Messages that are not named stay as they are."""

    channel: Channel
    at: datetime
    passed_on: Sequence[StoredMessage] = ()
    postponed: Sequence[Postponed] = ()
    parked: Sequence[Parked] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of the relay, for monitoring."""

    oldest_event: datetime | None
    """When the oldest waiting event was stored. A refused event counts from its next attempt."""
    waiting: int
    """How many entries have waiting events."""
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """The result of one pass of the relay."""

    passed_on: int = 0
    postponed: int = 0
    parked: Sequence[Parked] = ()
    unaddressed: int = 0
    """Receipts without a mail address."""
    more: bool = False
    """More messages may wait."""
