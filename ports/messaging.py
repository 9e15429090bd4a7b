"""The outbox of messages, and the queue of jobs for later."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext, StoredMessage
from domain.model.messaging.relaying import Channel, EntryMessages, Parked, ParkedPosition, Settlement, Standing


class Outbox(Protocol):
    """Each message was stored in one write with the change that it reports, and stays until it is settled.

    When its entry is withdrawn, a message that waits or is parked loses its personal data; a receipt or a retry is
    gone. This is so for a message that is settled or put back after the withdrawal, too.

    Every method raises Unavailable.
    """

    async def pending(
        self, channel: Channel, partitions: Collection[int], limit: int, now: datetime
    ) -> Sequence[StoredMessage]:
        """Up to ``limit`` messages of this channel, of entries in these partitions; the longest waiting first.

        The messages of one entry come in the order they were stored, none skipped. An entry with a message that is
        postponed beyond ``now`` is left out. The answer is bounded in bytes too.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Forget messages that were passed on, put off postponed ones, move parked ones aside.

        Events that were passed on are remembered for a week, without their content. A repeated settlement, or one
        of messages that are gone, is no error.
        """
        ...

    async def parked(
        self, campaign_id: CampaignId | None, limit: int, *, after: ParkedPosition | None = None
    ) -> Sequence[Parked]:
        """The next parked messages behind ``after``, of one campaign or of all, the longest parked first."""
        ...

    async def of_entry(self, campaign_id: CampaignId, user_id: UserId) -> EntryMessages:
        """What waits and what is parked of the messages of this entry. Each message is in one of the two, or in
        neither while it is put back."""
        ...

    async def put_back(self, ids: Collection[str] | None) -> Sequence[str]:
        """Put these parked messages (None: all) back to wait, with no attempt counted. Returns the ids put back.

        Each returns to the position of its revision, so that the events of an entry keep their order. A crash
        loses no message, and a repeat has the same result.
        """
        ...

    async def standing(self) -> Standing: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRetry:
    """Ask for a fan's fanscore again."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    request: RequestContext = NO_REQUEST


class Lane(StrEnum):
    """A queue has two lanes, so that new jobs do not wait behind jobs that were put off."""

    NEW = "new"
    PUT_OFF = "put_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job that the queue has handed out. It is in flight until it is settled or its time is up: a minute, unless
    ``extend`` changes that. Until then no other worker receives it."""

    job: ScoreRetry
    receipt: str
    """The id of this delivery. Another delivery of the same job has another."""
    attempt: int
    """1 for the first delivery of the job."""
    lane: Lane = Lane.NEW
    """The lane that it came from."""


PutOff = tuple[Delivery, timedelta]
"""A job in flight, and the time after which to hand it out again."""


class Queue(Protocol):
    """Hands out each job at least once, in any order, until it is done or its attempts are used up; then it is a
    dead letter. One call takes any number of jobs. Every method raises Unavailable."""

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        """Add these jobs. When it returns, all of them are stored."""
        ...

    async def receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Up to ``limit`` jobs of this lane that are due; waits up to ``wait`` for the first. When it is
        cancelled, no job stays in flight; the cancellation may take as long as the wait."""
        ...

    async def extend(self, deliveries: Sequence[Delivery], by: timedelta) -> None:
        """Keep these jobs in flight for ``by`` from now. A time of zero hands them back, in their lane. A call
        that comes too late is no error and has no effect."""
        ...

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        """Do not hand these jobs out again. A call that is repeated, or comes too late, is no error."""
        ...

    async def postpone(self, put_off: Sequence[PutOff]) -> None:
        """Hand each job out again after its time, if it has attempts left. A call that comes too late is no error,
        but the job may come once more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many jobs are in a queue, about."""

    waiting: int
    """Due, put off or in flight."""
    dead: int


Unwanted = Callable[[ScoreRetry], Awaitable[bool]]
"""Is this dead letter to be deleted?"""


class DeadLetters(Protocol):
    """The jobs that have used up their attempts."""

    async def drop_dead(self, unwanted: Unwanted) -> int:
        """Look at the dead letters, at most some thousands, and delete the unwanted ones. Returns their number.

        The others stay, also when this fails. Raises Unavailable, and what ``unwanted`` raises.
        """
        ...


class CountedQueue(Queue, DeadLetters, Protocol):
    """A queue with its dead letters, that can be counted for monitoring."""

    async def depth(self) -> Depth:
        """Raises Unavailable."""
        ...
