"""Work for later, and for whoever comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from domain.model.events import UNKNOWN_ORIGIN, Origin
from domain.model.ids import CampaignId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRetry:
    """Ask for a fan's fanscore again."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    origin: Origin = UNKNOWN_ORIGIN


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
