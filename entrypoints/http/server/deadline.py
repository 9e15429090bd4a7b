"""A deadline that moves with each piece of a request."""

import asyncio
from collections.abc import Callable
from typing import Final

STALLED_SECONDS: Final = 0.5
"""A timer that fires so late shows that the process stood still. Then what has come meanwhile is read first: the
event loop looks at timers before it looks at connections."""


class Deadline:
    """Keeps one timer at most. A later deadline needs no new timer: the timer checks it when it fires."""

    def __init__(self, loop: asyncio.AbstractEventLoop, missed: Callable[[], None]) -> None:
        self._loop = loop
        self._missed = missed
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """``seconds`` from now, instead of what was set before."""
        self._at = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._at, self._look)

    def clear(self) -> None:
        """The timer stays; when it fires, it finds nothing to do."""
        self._at = None

    def stop(self) -> None:
        self.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._at is None:
            return
        now = self._loop.time()
        if now < self._at:
            self._timer = self._loop.call_at(self._at, self._look)
            return
        if now - self._at > STALLED_SECONDS:
            self.set(STALLED_SECONDS)
            return
        self._at = None
        self._missed()
