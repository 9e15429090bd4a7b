"""Messages on their way: the outbox, and the queue of jobs for later."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext, StoredMessage
from domain.model.messaging.relaying import Channel, Parked, Settlement, Standing


class Outbox(Protocol):
    """Each message was stored in one write with the change it tells of, and stays until it is settled.

    All raise Unavailable.
    """

    async def pending(
        self, channel: Channel, partitions: Collection[int], limit: int, now: datetime
    ) -> Sequence[StoredMessage]:
        """Up to ``limit`` messages of this channel, of entries in these partitions; the longest waiting first.

        Those of one entry are in the order they were left, none skipped. An entry with one that is postponed
        beyond ``now`` is left out. What is answered is bounded in bytes too.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Forget what was passed on, put off what is postponed, move aside what is parked.

        Events that were passed on are remembered for a week, without their content. Saying so twice, or of
        messages that are not there any more, is no error.
        """
        ...

    async def parked(self, campaign_id: CampaignId | None, limit: int) -> Sequence[Parked]:
        """Up to ``limit`` of those moved aside, in one campaign or all, the one there longest first."""
        ...

    async def put_back(self, ids: Collection[str] | None) -> Sequence[str]:
        """Let these parked messages (all for None) wait again, with no attempt counted; which were put back.

        Each returns to the place that its revision gives it, so that the events of an entry keep their order.

        Whatever crashes in between, none is lost; doing it again ends the same.
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
    """New jobs do not wait behind jobs that were put off, however many those are."""

    NEW = "new"
    PUT_OFF = "put_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job in hand: nobody else is given it before its time is up, a minute unless that is changed."""

    job: ScoreRetry
    receipt: str
    """What this very delivery is called; another of the same job has another."""
    attempt: int
    """1 for the first time that it is handed out."""
    lane: Lane = Lane.NEW
    """Where it came from."""


PutOff = tuple[Delivery, timedelta]
"""A job in hand, and after what time to hand it out again."""


class Queue(Protocol):
    """Jobs are handed out at least once, in any order, as often as there are attempts; a job that was not done by
    then goes to the dead letters. Any number can be sent or told of in one call. All raise Unavailable."""

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        """Put these in; all of them are safe when it returns."""
        ...

    async def receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Up to ``limit`` jobs of this lane that are due; waits up to ``wait`` for the first. Cancelled, it leaves
        nothing in hand, which may take as long."""
        ...

    async def extend(self, deliveries: Sequence[Delivery], by: timedelta) -> None:
        """Keep them in hand for ``by`` from now; for no time is to hand them back, in their lane. Saying so too
        late is no error, and keeps nothing."""
        ...

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        """Do not hand them out again. Saying so twice, or too late, is no error."""
        ...

    async def postpone(self, put_off: Sequence[PutOff]) -> None:
        """Hand each out again after its time, if it has attempts left. Saying so too late is no error, but may
        bring the job once more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much lies in a queue, as nearly as it can tell."""

    waiting: int
    """Due, put off, or in somebody's hand."""
    dead: int


class CountedQueue(Queue, Protocol):
    """A queue that can be watched."""

    async def depth(self) -> Depth:
        """Raises Unavailable."""
        ...
