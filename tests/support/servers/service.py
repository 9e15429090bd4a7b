"""Fangate itself, as its operators run it: a process, reached over HTTP."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.support.servers.ports import free_port
from tests.support.servers.process import Process, inherited

SECRET = "a secret for tests, long enough for HS256"


@dataclass(slots=True)
class Service(Process):
    url: str

    def kill(self) -> None:
        """The whole process group, as a machine dies."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def service(settings: Mapping[str, str] | None = None, *, workers: int = 1) -> Iterator[Service]:
    """``fangate serve`` with FANGATE_ variables (and others, such as AWS_…) from ``settings``."""
    port = free_port()
    given = {"FANGATE_JWT_SECRET": SECRET} | dict(settings or {})
    with tempfile.TemporaryDirectory(prefix="fangate-service-") as folder:
        log = Path(folder) / "service.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [Path(sys.executable).parent / "fangate", "serve", "--port", str(port), "--workers", str(workers)],
                env=inherited() | {"TMPDIR": folder} | given,  # A killed process cleans up nothing.
                cwd=folder,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        running = Service(process, log, f"http://127.0.0.1:{port}")
        try:
            _wait_for(running)
            yield running
        finally:
            if process.poll() is None:
                running.kill()


def _wait_for(running: Service) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            if httpx2.get(f"{running.url}/livez", timeout=2).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the service did not start:\n{running.logged()}")
