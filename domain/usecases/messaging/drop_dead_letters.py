"""Delete dead letters of registrations that are gone."""

from dataclasses import dataclass

from ports.entries import EntryStore
from ports.messaging import DeadLetters, ScoreRetry


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDeadLetters:
    """Delete retries without attempts left when their registration was withdrawn or erased.

    The other dead letters stay: operators may send them back.
    """

    queue: DeadLetters
    entries: EntryStore

    async def __call__(self) -> int:
        """Returns how many were deleted. Raises Unavailable."""
        return await self.queue.drop_dead(self._is_gone)

    async def _is_gone(self, job: ScoreRetry) -> bool:
        return await self.entries.get(job.campaign_id, job.user_id) is None
