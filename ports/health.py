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


class StoreHealth(HealthCheck, Protocol):
    def away(self) -> bool:
        """Known not to answer, without asking: what needs the store is refused at once, not after a time-out."""
        ...
