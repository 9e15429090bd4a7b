"""Files in this process's memory."""

from collections.abc import AsyncIterator
from typing import Final

from domain.model.files.errors import FileNotFound, UploadExists

CHUNK_BYTES: Final = 65_536


class MemoryObjectStore:
    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self._objects = dict(objects or {})

    @property
    def name(self) -> str:
        return "objects"

    async def ping(self) -> None:
        return None

    def put(self, key: str, content: bytes) -> None:
        """Store ``content``, for tests and the demo."""
        self._objects[key] = content

    async def size(self, key: str) -> int:
        return len(self._content(key))

    async def read(self, key: str) -> AsyncIterator[bytes]:
        content = self._content(key)
        for start in range(0, len(content), CHUNK_BYTES):
            yield content[start : start + CHUNK_BYTES]

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        self._refuse_existing(key, replace=replace)
        content = b"".join([chunk async for chunk in chunks])
        self._refuse_existing(key, replace=replace)
        self._objects[key] = content

    def _refuse_existing(self, key: str, *, replace: bool) -> None:
        if key in self._objects and not replace:
            raise UploadExists

    def _content(self, key: str) -> bytes:
        try:
            return self._objects[key]
        except KeyError as error:
            raise FileNotFound from error
