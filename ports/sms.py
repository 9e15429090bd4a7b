"""Text messages."""

from typing import Protocol

from domain.model.phones import PhoneNumber


class Sms(Protocol):
    async def send(self, to: PhoneNumber, body: str) -> None:
        """Hand over one message. Raises Unavailable."""
        ...
