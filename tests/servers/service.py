"""Fangate itself, as its operators run it: a process, reached over HTTP."""

import json
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
from typing import Any

import httpx2

from tests.servers.ports import free_port

SECRET = "a secret for tests, long enough for HS256"


@dataclass(slots=True)
class Service:
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """The whole process group, as a machine dies."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As an orchestrator asks; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def logged(self) -> str:
        return self.log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """What it logged, but for a line that is just being written."""
        whole, _, _ = self.logged().rpartition("\n")
        return [dict(json.loads(line)) for line in whole.splitlines()]


@contextmanager
def service(settings: Mapping[str, str] | None = None, *, workers: int = 1) -> Iterator[Service]:
    """``fangate serve`` with FANGATE_ variables (and others, such as AWS_…) from ``settings``."""
    port = free_port()
    given = {"FANGATE_JWT_SECRET": SECRET} | dict(settings or {})
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FANGATE_", "AWS_"))}
    with tempfile.TemporaryDirectory(prefix="fangate-service-") as folder:
        log = Path(folder) / "service.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [Path(sys.executable).parent / "fangate", "serve", "--port", str(port), "--workers", str(workers)],
                env=inherited | {"TMPDIR": folder} | given,  # A killed process cleans up nothing.
                cwd=folder,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        running = Service(f"http://127.0.0.1:{port}", process, log)
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
