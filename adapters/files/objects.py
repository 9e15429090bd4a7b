"""An object store in a folder of this machine, one file per key."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound

CHUNK_BYTES: Final = 65_536


class FolderObjectStore:
    """Keys are paths below ``folder``. Files outside of it cannot be read, neither through ``..`` nor through a
    link."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    @property
    def name(self) -> str:
        return "objects"

    async def ping(self) -> None:
        if not await asyncio.to_thread(self._folder.is_dir):
            raise Unavailable("objects")

    async def size(self, key: str) -> int:
        path = await asyncio.to_thread(self._path, key)
        return path.stat().st_size

    async def read(self, key: str) -> AsyncIterator[bytes]:
        path = await asyncio.to_thread(self._path, key)
        async for chunk in _chunks(path):
            yield chunk

    def _path(self, key: str) -> Path:
        try:
            path = (self._folder / key).resolve()
            if path.is_relative_to(self._folder) and path.is_file():
                return path
        except (ValueError, OSError):
            pass  # The file system cannot have a file with such a name.
        raise FileNotFound


class SingleFile:
    """One file of this machine, under any key. ``on_read`` is called with the number of bytes after each read."""

    def __init__(self, path: Path, on_read: Callable[[int], None]) -> None:
        self._path = path
        self._on_read = on_read

    @property
    def name(self) -> str:
        return "objects"

    async def ping(self) -> None:
        return None

    async def size(self, key: str) -> int:
        return self._path.stat().st_size

    async def read(self, key: str) -> AsyncIterator[bytes]:
        async for chunk in _chunks(self._path):
            self._on_read(len(chunk))
            yield chunk


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise Unavailable("objects") from error
