"""A server as a process or in a container, once it answers."""

import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.servers.starting import inherited

READY_WITHIN_SECONDS: Final = 180.0
LOOK_SECONDS: Final = 0.1


@contextmanager
def answering(command: Sequence[str], url: str, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """The process of ``command``, from its first answer to ``url`` until the block ends."""
    with tempfile.TemporaryDirectory(prefix="fangate-server-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=inherited() | dict(variables or {}), cwd=folder, stdout=out, stderr=out
            )
        try:
            if not answers(url, lambda: process.poll() is None):
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()}")
            yield
        finally:
            process.kill()
            process.wait()


def answers(url: str, alive: Callable[[], bool] = lambda: True) -> bool:
    """Wait until it does. False when it is no longer alive, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and alive():
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(LOOK_SECONDS)
        else:
            return True
    return False
