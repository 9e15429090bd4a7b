"""A delay between SIGTERM and the stop, so that load balancers can send traffic elsewhere first."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Stopping:
    """Gets SIGTERM before the server does. ``/readyz`` fails from then on.

    The server gets the signal after the delay. Until then it works as before and accepts connections: a load
    balancer needs a moment to notice. A second SIGTERM stops it at once.
    """

    def __init__(self, delay: float) -> None:
        self.begun = False
        self._delay = delay

    def listen(self) -> None:
        """Call it in the event loop of the server, after the server has installed its own signal handler."""
        if threading.current_thread() is not threading.main_thread():
            return  # Only the main thread gets signals. A server in another thread is stopped in another way.
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
