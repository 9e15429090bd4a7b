"""Files that staff upload to the object store."""

from collections.abc import AsyncIterator
from typing import Protocol


class ObjectStore(Protocol):
    """Reads files. Raises FileNotFound for a missing key, Unavailable when the store does not answer."""

    async def size(self, key: str) -> int:
        """The size of the file in bytes."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of the file, in order, in chunks of at most a few hundred KiB. Never the whole file at
        once."""
        ...


class UploadStore(Protocol):
    """Writes files. Raises Unavailable when the store does not answer."""

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """Store a file, in constant memory.

        All or nothing: when ``chunks`` raises or the caller is cancelled, nothing is stored, and a file that was
        there stays as it was. Raises UploadExists when there is a file and ``replace`` is false, also when another
        caller stores it meanwhile.
        """
        ...
