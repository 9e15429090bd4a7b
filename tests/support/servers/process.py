"""A process of Fangate's, whatever its command is, and what it logs."""

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.servers.starting import Started


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
