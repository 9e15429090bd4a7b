"""Tell whoever has the page open, without ever being in anyone's way."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from domain.model.messaging.messages import RequestContext
from ports.neighbours import Realtime
from ports.system import set_current_request

AT_ONCE: Final = 16
MAX_WAITING: Final = 1_000
PATIENCE_SECONDS: Final = 5.0


class LiveUpdates:
    """Told beside everything else, a few at once; what comes too fast, or goes wrong, is dropped.

    With nobody to tell, it costs nothing.
    """

    def __init__(self, realtime: Realtime | None) -> None:
        self._realtime = realtime
        self._waiting: deque[OutgoingEvent] = deque()
        self._tellers: set[asyncio.Task[None]] = set()
        self.dropped = 0
        """Because too many waited."""
        self.failed = 0

    def tell(self, events: Sequence[OutgoingEvent]) -> None:
        """Returns at once."""
        if self._realtime is None:
            return
        taken = events[: max(0, MAX_WAITING - len(self._waiting))]
        self.dropped += len(events) - len(taken)
        self._waiting.extend(taken)
        for _ in range(min(AT_ONCE - len(self._tellers), len(self._waiting))):
            teller = asyncio.create_task(self._tell_all(self._realtime))
            self._tellers.add(teller)
            teller.add_done_callback(self._tellers.discard)

    async def _tell_all(self, realtime: Realtime) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            set_current_request(RequestContext(request_id=event.request_id, traceparent=event.traceparent))
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await realtime.tell(event)
            except (Unavailable, TimeoutError):
                self.failed += 1

    async def stop(self) -> None:
        """What was not told by now is not told."""
        tellers = list(self._tellers)
        for teller in tellers:
            teller.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tellers, return_exceptions=True)
        self._waiting.clear()
