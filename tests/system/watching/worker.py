"""``fangate worker`` as a process, with a port to watch it."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.servers.ports import free_port
from tests.support.servers.service import Service
from tests.support.servers.starting import Output, start
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS


@contextmanager
def worker(settings: Mapping[str, str], log: Path) -> Iterator[Service]:
    """Stopped in order at the end."""
    port = free_port()
    process = start(
        "worker", "--metrics-port", str(port), settings=settings, output=Output(stdout=log, stderr=log)
    )
    running = Service(process, log, f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: "worker.started" in running.logged() or process.poll(), bool)
        assert httpx2.get(f"{running.url}/livez", verify=NO_TLS).json() == {"status": "alive"}
        yield running
        assert running.stop() == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
