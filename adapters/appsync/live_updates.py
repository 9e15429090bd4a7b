"""Sends live updates in the background, so that they never delay the relay."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from domain.model.messaging.messages import RequestContext
from ports.neighbours import Realtime
from ports.system import set_current_request

AT_ONCE: Final = 16
MAX_WAITING: Final = 1_000
PATIENCE_SECONDS: Final = 5.0


class BackgroundLiveUpdates:
    """A few background tasks send the waiting events. An event that finds no room, or fails, is dropped."""

    def __init__(self, realtime: Realtime) -> None:
        self._realtime = realtime
        self._waiting: deque[OutgoingEvent] = deque()
        self._senders: set[asyncio.Task[None]] = set()
        self.dropped = 0
        """Events that were dropped because too many waited."""
        self.failed = 0

    def announce(self, events: Sequence[OutgoingEvent]) -> None:
        accepted = events[: max(0, MAX_WAITING - len(self._waiting))]
        self.dropped += len(events) - len(accepted)
        self._waiting.extend(accepted)
        for _ in range(min(AT_ONCE - len(self._senders), len(self._waiting))):
            sender = asyncio.create_task(self._send_waiting())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)

    async def _send_waiting(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            set_current_request(RequestContext(request_id=event.request_id, traceparent=event.traceparent))
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._realtime.send(event)
            except (Unavailable, TimeoutError):
                self.failed += 1

    async def stop(self) -> None:
        """Drop the events that were not sent yet."""
        senders = list(self._senders)
        for sender in senders:
            sender.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*senders, return_exceptions=True)
        self._waiting.clear()


class NoLiveUpdates:
    """No receiver is configured."""

    def announce(self, events: Sequence[OutgoingEvent]) -> None:
        return None


@asynccontextmanager
async def in_background(realtime: Realtime) -> AsyncIterator[BackgroundLiveUpdates]:
    live_updates = BackgroundLiveUpdates(realtime)
    try:
        yield live_updates
    finally:
        await live_updates.stop()
