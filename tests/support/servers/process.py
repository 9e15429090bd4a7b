"""A process of Fangate's, whatever its command is, and what it logs."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.servers.starting import Started

SHOWN: Final = 10_000
"""Characters of a log, from its end."""


@dataclass(slots=True)
class Process:
    process: Started
    log: Path

    def stop(self) -> int:
        """Stop as an orchestrator does; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def logged(self) -> str:
        return self.log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """The lines that it logged, without one that is just being written."""
        whole, _, _ = self.logged().rpartition("\n")
        return [dict(json.loads(line)) for line in whole.splitlines()]

    @contextmanager
    def shown_on_failure(self) -> Iterator[None]:
        """A test that fails in the block shows what the process logged."""
        try:
            yield
        except BaseException:
            print(f"{self.log.name}:\n{self.logged()[-SHOWN:]}", file=sys.stderr)
            raise
