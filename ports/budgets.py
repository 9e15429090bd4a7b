"""What each fan has used of the numbers, codes and failures that one fan may have."""

from collections.abc import Callable
from typing import Protocol

from domain.model.budgets import FanUsage
from domain.model.ids import UserId

UsageChange = Callable[[FanUsage], FanUsage]
"""Pure; run again whenever another was faster; may raise a DomainError, which leaves everything as it is."""


class FanBudgets(Protocol):
    """Each method is atomic, over all processes. Raises Unavailable when the store does not answer."""

    async def usage(self, user_id: UserId) -> FanUsage:
        """What the fan has used; nothing for a fan of whom nothing is known."""
        ...

    async def change(self, user_id: UserId, change: UsageChange) -> None:
        """Replace what the fan has used by ``change`` of it. Changes at once all count, one after the other."""
        ...
