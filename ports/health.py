"""Whether a part of the system answers."""

from typing import Protocol


class HealthCheck(Protocol):
    @property
    def name(self) -> str:
        """The part, as an operator knows it: ``store``, ``objects``."""
        ...

    async def ping(self) -> None:
        """Return when the part answers and is ready for use; raise Unavailable when it is not."""
        ...
