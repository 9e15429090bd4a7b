"""``fangate worker`` as a process."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.process import Process
from tests.support.servers.starting import Output, start

READY_WITHIN_SECONDS = 60.0


@dataclass(slots=True)
class Worker(Process):
    def kill(self) -> None:
        """Kill it, without a shutdown, as when a machine fails."""
        self.process.kill()
        self.process.wait()


@contextmanager
def worker(settings: Mapping[str, str], *, ready: bool = True) -> Iterator[Worker]:
    """With FANGATE_ variables (and others, such as AWS_…) from ``settings``; begun already, if ``ready``."""
    with tempfile.TemporaryDirectory(prefix="fangate-worker-") as folder:
        log = Path(folder) / "worker.log"
        process = start(
            "worker",
            settings={"FANGATE_OBJECTS": "memory:"} | dict(settings),
            output=Output(stdout=log, stderr=log),
            folder=Path(folder),
        )
        running = Worker(process, log)
        try:
            if ready:
                _wait_for(running)
            with running.shown_on_failure():
                yield running
        finally:
            if process.poll() is None:
                running.kill()


def _wait_for(running: Worker) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while "worker.started" not in running.logged():
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the worker did not start:\n{running.logged()}")
        time.sleep(0.02)
