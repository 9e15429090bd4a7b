"""What fans have used, in this process's memory."""

from datetime import datetime

from domain.model.ids import UserId
from domain.model.registrations.budgets import FanUsage
from ports.phones import UsageChange


class MemoryFanBudgets:
    """No method gives up the event loop before it is done, so each is atomic."""

    def __init__(self) -> None:
        self._used: dict[UserId, FanUsage] = {}

    async def usage(self, user_id: UserId) -> FanUsage:
        return self._used.get(user_id, FanUsage())

    async def change(self, user_id: UserId, change: UsageChange) -> None:
        self._used[user_id] = change(self._used.get(user_id, FanUsage()))

    async def count_of_person(self, user_id: UserId) -> int:
        return int(user_id in self._used)

    async def erase(self, user_id: UserId, _: UserId, __: datetime) -> None:
        self._used.pop(user_id, None)
