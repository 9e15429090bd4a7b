"""An object store in a folder of this machine, one file per key."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound, UploadExists

CHUNK_BYTES: Final = 65_536
WRITE_BYTES: Final = 1_048_576
"""So many bytes are collected before a thread writes them: a thread for each small chunk would cost more."""
UNFINISHED: Final = ".unfinished"
"""The folder of uploads that are not complete. No key leads into it."""
ABANDONED_SECONDS: Final = 86_400
"""An unfinished upload that nothing was added to for so long belongs to a process that was killed."""


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

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """The complete file gets its name in one step, so a killed process leaves no half file under it."""
        unfinished = self._folder / UNFINISHED / uuid.uuid4().hex
        try:
            path = await asyncio.to_thread(self._place, key, replace)
            with await asyncio.to_thread(unfinished.open, "xb") as file:
                await _fill(file, chunks)
            await asyncio.to_thread(_publish, unfinished, path, replace)
        except FileExistsError:
            raise UploadExists from None
        except OSError as error:
            raise Unavailable("objects", reason=error.strerror or type(error).__name__) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _place(self, key: str, replace: bool) -> Path:
        """Make the folders for a new file. Raises OSError, also for a place outside of ``folder``."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(self._folder):
            raise PermissionError("a link leads out of the folder")
        if path.exists() and not replace:
            raise FileExistsError
        _forget_abandoned(self._folder / UNFINISHED)
        return path

    def _path(self, key: str) -> Path:
        try:
            path = (self._folder / key).resolve()
            inside = path.is_relative_to(self._folder) and not path.is_relative_to(self._folder / UNFINISHED)
            if inside and path.is_file():
                return path
        except (ValueError, OSError):
            pass  # The file system cannot have a file with such a name.
        raise FileNotFound


async def _fill(file: BinaryIO, chunks: AsyncIterator[bytes]) -> None:
    collected = bytearray()
    async for chunk in chunks:
        collected += chunk
        if len(collected) >= WRITE_BYTES:
            await asyncio.to_thread(file.write, bytes(collected))
            collected.clear()
    await asyncio.to_thread(_finish, file, bytes(collected))


def _finish(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _publish(unfinished: Path, path: Path, replace: bool) -> None:
    """Raises FileExistsError when another caller was faster, and the file must not be replaced."""
    if replace:
        unfinished.replace(path)
    else:
        path.hardlink_to(unfinished)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # Or a power failure could still take the name away.
    finally:
        os.close(folder)


def _forget_abandoned(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    long_ago = time.time() - ABANDONED_SECONDS
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # Another process does the same.
            if file.stat().st_mtime < long_ago:
                file.unlink()


class SingleFile:
    """One file of this machine, under any key, to be read only.

    ``on_read`` is called with the number of bytes after each read.
    """

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

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        raise Unavailable("objects", reason="the file of this machine can only be read")


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise Unavailable("objects") from error
