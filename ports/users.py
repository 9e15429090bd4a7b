"""user-service, as far as registrations need it."""

from typing import Protocol

from domain.model.campaigns import Fan
from domain.model.ids import UserId


class Users(Protocol):
    async def get(self, user_id: UserId) -> Fan:
        """The fan's account as it is now. Raises UserNotFound, Unavailable (within 2 s)."""
        ...
