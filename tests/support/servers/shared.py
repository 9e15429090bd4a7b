"""A server that all processes of one run of the tests use: it takes long to start, and one is enough."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TextIO

LOOK_SECONDS: Final = 0.2


@contextmanager
def once_a_run(folder: Path, name: str, start: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
    """What ``start`` yields, which must be JSON. ``folder``: the same for all processes of pytest-xdist.

    The process that comes first starts the server, and stops it when the others need it no more.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:  # There is one process.
        with start() as description:
            yield description
        return
    path = folder / f"{name}.json"
    with path.with_suffix(".users").open("w") as users, path.with_suffix(".gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if path.exists():
            fcntl.flock(gate, fcntl.LOCK_UN)
            yield json.loads(path.read_text())
            return
        with start() as description:
            path.write_text(json.dumps(description))
            fcntl.flock(gate, fcntl.LOCK_UN)
            try:
                yield description
            finally:
                _close(gate, users, path)


def _close(gate: TextIO, users: TextIO, path: Path) -> None:
    """Returns with the gate closed, when no other process uses the server."""
    while True:
        fcntl.flock(gate, fcntl.LOCK_EX)
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            return
        fcntl.flock(gate, fcntl.LOCK_UN)
        time.sleep(LOOK_SECONDS)
