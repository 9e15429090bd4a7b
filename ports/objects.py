"""Files that staff upload to the object store."""

from collections.abc import AsyncIterator
from typing import Protocol


class ObjectStore(Protocol):
    """Read-only. Raises FileNotFound for a missing key, Unavailable when the store does not answer."""

    async def size(self, key: str) -> int:
        """The size of the file in bytes."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of the file, in order, in chunks of at most a few hundred KiB. Never the whole file at
        once."""
        ...
