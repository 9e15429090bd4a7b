"""Ask again for a fanscore that was not known."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.model.registrations.entry import Entry, EntryEvent
from ports.entries import EntryStore
from ports.messaging import Delivery
from ports.neighbours import FanscoreSource
from ports.system import Clock

LONGEST_DELAY: Final = timedelta(seconds=900)
_ENOUGH_DOUBLINGS: Final = 10
"""More than it takes to the longest delay; keeps the power of two small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScores:
    """Ask again for a fanscore that was not known when the fan registered; store it and tell the world.

    What account scoring says now counts, whatever the job is about and however old it is: a job that comes twice,
    late or out of order finds the same. While the fan has no score and none is known, the job is put off, each
    time for about twice as long.
    """

    fanscore: FanscoreSource
    entries: EntryStore
    clock: Clock

    async def __call__(self, delivery: Delivery) -> timedelta | None:
        """After what time to ask again; None when the job is done.

        Raises Unavailable when nobody answers: the job is still in hand then, and may be tried again without
        using up another attempt.
        """
        job = delivery.job
        before = await self.entries.get(job.campaign_id, job.user_id)
        # Entries are never deleted: one that is not there is in another store, and the job in the wrong queue.
        score = None if before is None else await self.fanscore.ask(job.user_id, job.campaign_id)
        if before is None or (before.fanscore is None and score is None):
            return delay_after(delivery.attempt)
        if score is not None:
            await self._store(before, score)
        return None

    async def _store(self, before: Entry, score: float) -> None:
        """But for a score that somebody else stored since we asked, which may be the newer one."""
        now = self.clock.now()

        def learn(current: Entry | None) -> Entry:
            assert current is not None, "entries are never deleted"
            if current.fanscore != before.fanscore or current.fanscore == score:
                return current
            return current.account_scored(score).with_event(EntryEvent.UPDATED, now)

        await self.entries.change(before.campaign_id, before.user_id, learn)


def delay_after(attempt: int) -> timedelta:
    """About 2, 4, 8 … seconds, at most a quarter of an hour; never the same for all who ask at once."""
    seconds = 2 ** min(attempt, _ENOUGH_DOUBLINGS) * random.uniform(0.75, 1.25)
    return min(timedelta(seconds=seconds), LONGEST_DELAY)
