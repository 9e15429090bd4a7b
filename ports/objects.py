"""Files that staff put into the object store."""

from collections.abc import AsyncIterator
from typing import Protocol


class ObjectStore(Protocol):
    """Read-only. Raises FileNotFound for a key that is not there, Unavailable when the store does not answer."""

    async def size(self, key: str) -> int:
        """Bytes under ``key``."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under ``key``, in order, in chunks of at most a few hundred KiB; never the whole at once."""
        ...
