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
    """A job in hand: nobody else is given it before its time is up."""

    job: ScoreRetry
    receipt: str
    """What this very delivery is called; another of the same job has another."""
    attempt: int
    """1 for the first time that it is handed out."""


class Queue(Protocol):
    """Jobs are handed out at least once, in any order. All raise Unavailable."""

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        """Put these in; all of them are safe when it returns."""
        ...

    async def receive(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Up to ``limit`` jobs that are due; waits up to ``wait`` for the first."""
        ...

    async def extend(self, delivery: Delivery, by: timedelta) -> None:
        """Keep it in hand for ``by`` from now. A delivery whose time was up already is left alone."""
        ...

    async def done(self, delivery: Delivery) -> None:
        """Never hand it out again. Saying so twice, or too late, is no error."""
        ...

    async def postpone(self, delivery: Delivery, by: timedelta) -> None:
        """Hand it out again after ``by``; after the last attempt it goes to the dead letters instead."""
        ...
