"""Fangate itself, as its operators run it: a process, reached over HTTP."""

import os
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.ports import free_port
from tests.support.servers.process import Process
from tests.support.servers.starting import Output, start

SECRET = "a secret for tests, long enough for HS256"


@dataclass(slots=True)
class Service(Process):
    url: str

    def kill(self) -> None:
        """The whole process group, as a machine dies."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def service(
    settings: Mapping[str, str] | None = None, *, workers: int = 1, forked: bool = True
) -> Iterator[Service]:
    """``fangate serve`` with FANGATE_ variables (and others, such as AWS_…) from ``settings``."""
    port = free_port()
    given = {"FANGATE_JWT_SECRET": SECRET} | dict(settings or {})
    with tempfile.TemporaryDirectory(prefix="fangate-service-") as folder:
        log = Path(folder) / "service.log"
        process = start(
            *("serve", "--port", str(port), "--workers", str(workers)),
            settings={"TMPDIR": folder} | given,  # A killed process cleans up nothing.
            output=Output(stdout=log, stderr=log),
            folder=Path(folder),
            new_session=True,
            forked=forked,
        )
        running = Service(process, log, f"http://127.0.0.1:{port}")
        try:
            _wait_for(running)
            with running.shown_on_failure():
                yield running
        finally:
            if process.poll() is None:
                running.kill()


def _wait_for(running: Service) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            urllib.request.urlopen(f"{running.url}/livez", timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the service did not start:\n{running.logged()}")
