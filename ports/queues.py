"""Work for later, and for whoever comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job in hand: nobody else is given it before its time is up, a minute unless that is changed."""

    job: ScoreRetry
    receipt: str
    """What this very delivery is called; another of the same job has another."""
    attempt: int
    """1 for the first time that it is handed out."""


class Queue(Protocol):
    """Jobs are handed out at least once, in any order, as often as there are attempts; a job that was not done by
    then goes to the dead letters. All raise Unavailable."""

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        """Put these in; all of them are safe when it returns."""
        ...

    async def receive(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Up to ``limit`` jobs that are due; waits up to ``wait`` for the first. Cancelled, it leaves nothing in
        hand, which may take as long."""
        ...

    async def extend(self, delivery: Delivery, by: timedelta) -> None:
        """Keep it in hand for ``by`` from now. Saying so too late is no error, and keeps nothing."""
        ...

    async def done(self, delivery: Delivery) -> None:
        """Do not hand it out again. Saying so twice, or too late, is no error."""
        ...

    async def postpone(self, delivery: Delivery, by: timedelta) -> None:
        """Hand it out again after ``by``, if it has attempts left. Saying so too late is no error."""
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
