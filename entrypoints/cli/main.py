"""Where the process starts. This module imports nothing heavy: the commands take a second or more to import."""

import os
import signal
from types import FrameType
from typing import Final

STOPPED: Final = 128 + signal.SIGTERM
"""The exit status that shells and Docker use for a process that SIGTERM ended."""


def main() -> None:
    """Run the command. A SIGTERM before the command handles it ends the process at once.

    Linux ignores SIGTERM for process 1 of a container unless the process has a handler. Without this one, Docker
    would wait for its grace period and then kill a container that is still starting. ``serve``, ``worker`` and
    ``demo`` replace the handler when there is something to end in order.
    """
    signal.signal(signal.SIGTERM, _end)
    from entrypoints.cli.commands import run  # noqa: PLC0415  # not before the handler is there

    run()


def _end(_signal: int, _frame: FrameType | None) -> None:
    # SystemExit would raise in the middle of an import, which may catch it or print a traceback.
    os._exit(STOPPED)
