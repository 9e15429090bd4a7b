"""The temporary folders of draws. What a process that was killed has left is removed by the next one.

Each process that works in a folder holds a lock on it, which ends with the process, however it ends.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "fangate-draw-"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFolder:
    path: Path
    lock: int
    """A file descriptor. A process that inherits it holds the folder, too."""

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def new_folder(parent: Path) -> HeldFolder:
    """An empty folder that no other process removes."""
    while True:
        # Before it is held, another process may take it for one that was left. Then it is made again.
        if held := _held(Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))):
            return held


def remove_left(parent: Path) -> None:
    """Remove the folders that no living process holds."""
    for path in parent.glob(f"{PREFIX}*"):
        if left := _held(path):
            left.remove()


def _held(path: Path) -> HeldFolder | None:
    """None: another process holds it, it is gone, or it is not ours."""
    with suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.fstat(lock).st_uid == os.getuid():
                return HeldFolder(path=path, lock=lock)
        except OSError:
            pass
        os.close(lock)
    return None
