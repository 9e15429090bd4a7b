"""Waiting for what a process does on its own."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Only a test that fails waits so long. A busy machine may need half a minute to start a process."""


def eventually(look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What ``look`` sees once it is ``wanted``; fails when that never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"never came; last seen: {seen}"
        time.sleep(0.05)
    return seen
