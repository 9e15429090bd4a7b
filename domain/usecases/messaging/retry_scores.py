"""Ask again for a fanscore that was not known."""

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import EntryNotFound
from ports.entries import EntryStore
from ports.messaging import Delivery
from ports.neighbours import FanscoreSource
from ports.system import Clock

LONGEST_DELAY: Final = timedelta(seconds=900)
_ENOUGH_DOUBLINGS: Final = 10
"""Enough to reach the longest delay; keeps the power of two small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScores:
    """Ask again for a fanscore that was not known when the fan registered; store it and record an event.

    The present answer of account scoring counts, however old the job is. So a job that comes twice, late or out of
    order has the same result. While the fan has no score and account scoring knows none, the job is put off, each
    time for about twice as long. A job without a registration is done: the registration was withdrawn.
    """

    fanscore: FanscoreSource
    entries: EntryStore
    clock: Clock

    async def __call__(self, delivery: Delivery) -> timedelta | None:
        """Returns the time after which to ask again; None when the job is done.

        Raises Unavailable when account scoring or the store does not answer. The job is still in flight then, and
        may be tried again without using up another attempt.
        """
        job = delivery.job
        before = await self.entries.get(job.campaign_id, job.user_id)
        if before is None:
            return None
        score = await self.fanscore.ask(job.user_id, job.campaign_id)
        if before.fanscore is None and score is None:
            return delay_after(delivery.attempt)
        if score is not None:
            with suppress(EntryNotFound):
                await self._store(before, score)
        return None

    async def _store(self, before: Entry, score: float) -> None:
        """Keep a score that was stored after this one was asked for: it may be newer."""
        now = self.clock.now()

        def learn(current: Entry | None) -> Entry:
            if current is None:
                raise EntryNotFound
            if current.fanscore != before.fanscore or current.fanscore == score:
                return current
            return current.account_scored(score).with_event(EntryEvent.UPDATED, now)

        await self.entries.change(before.campaign_id, before.user_id, learn)


def delay_after(attempt: int) -> timedelta:
    """About 2, 4, 8 … seconds, at most 15 minutes. Random, so that jobs of one moment do not come back
    together."""
    seconds = 2 ** min(attempt, _ENOUGH_DOUBLINGS) * random.uniform(0.75, 1.25)
    return min(timedelta(seconds=seconds), LONGEST_DELAY)
