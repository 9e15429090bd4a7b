"""Buckets of tokens in this process's memory."""

from datetime import datetime, timedelta
from typing import Final

from domain.model.ids import UserId
from ports.system import CALLS, RateLimit, subject_of

REMEMBERED: Final = 10_000


class MemoryRateLimits:
    """``take`` does not give up the event loop before it is done, so it is atomic."""

    def __init__(self) -> None:
        self._full_at: dict[str, datetime] = {}
        """When each bucket will be full again. One that is full is like one never used."""

    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        full_at = max(self._full_at.get(subject, now), now)
        late = full_at - now - (limit.fill_time - limit.interval)
        if late > timedelta(0):
            return late
        if len(self._full_at) >= REMEMBERED:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[subject] = full_at + limit.interval
        return None

    async def count_of_person(self, user_id: UserId) -> int:
        return sum(subject_of(call, user_id) in self._full_at for call in CALLS)

    async def erase(self, user_id: UserId, _: UserId, __: datetime) -> None:
        for call in CALLS:
            self._full_at.pop(subject_of(call, user_id), None)
