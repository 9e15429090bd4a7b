"""From being told to stop to stopping: traffic is led elsewhere first."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Stopping:
    """Hears SIGTERM before the server does: ``/readyz`` fails from then on.

    The server is told after the delay, and until then goes on as before, new connections included: whoever leads
    traffic here needs a moment to notice. Told twice, it is not kept waiting.
    """

    def __init__(self, delay: float) -> None:
        self.begun = False
        self._delay = delay

    def listen(self) -> None:
        """To be called in the server's own event loop, once the server has put its handler in place."""
        if threading.current_thread() is not threading.main_thread():
            return  # Signals are for the main thread; whoever runs a server elsewhere stops it otherwise.
        loop = asyncio.get_running_loop()
        server: Any = signal.getsignal(signal.SIGTERM)
        if not callable(server):
            return

        def heard(number: int, _: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._begin, loop, lambda: server(number, None))

        signal.signal(signal.SIGTERM, heard)

    def _begin(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
        if self.begun or not self._delay:
            stop()
        else:
            loop.call_later(self._delay, stop)
        self.begun = True
