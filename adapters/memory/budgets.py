"""What fans have used, in this process's memory."""

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
