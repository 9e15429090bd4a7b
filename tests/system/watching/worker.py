"""``fangate worker`` as a process, with a port to watch it."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.servers.ports import free_port
from tests.support.servers.process import inherited
from tests.support.servers.service import Service
from tests.support.waiting import eventually


@contextmanager
def worker(settings: Mapping[str, str], log: Path) -> Iterator[Service]:
    """Stopped in order at the end."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "fangate", "worker", "--metrics-port", str(port)],
            env=inherited() | dict(settings),
            stdout=out,
            stderr=out,
        )
    running = Service(process, log, f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: "worker.started" in running.logged() or process.poll(), bool)
        assert httpx2.get(f"{running.url}/livez").json() == {"status": "alive"}
        yield running
        assert running.stop() == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
