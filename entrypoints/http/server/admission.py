"""How many requests a process works on at the same time. More of them wait for a while; still more are refused.

Without a bound, every request of a process would get slower until callers and neighbours give up waiting, and work
would be done for callers that have left.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.response.problems import overloaded
from entrypoints.telemetry.line_budget import LineBudget
from entrypoints.telemetry.metrics import Metrics

AT_ONCE: Final = 100
"""As many as an adapter has connections to one neighbour: one more registration would only wait."""
WAITING: Final = 1
"""For each request in work, so many may wait. They hold connections, which refusals need: all lanes together must
leave some of those that a process takes."""
WAIT_SECONDS: Final = 2.0
STATE_KEY: Final = "fangate.admission"
"""Where the server's protocol finds it, in the state of the ASGI lifespan."""
CONNECTION_KEY: Final = "fangate.connection"
"""Where the server's protocol puts the connection of a request, in the scope of the request."""
EXEMPT: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Orchestrator and operator must get answers from a full process, too."""
_READING: Final = frozenset({"GET", "HEAD"})

log = structlog.get_logger()


class Lane:
    """Requests of one kind. Callers are served in the order in which they came."""

    def __init__(self, name: str, metrics: Metrics, at_once: int, wait_seconds: float) -> None:
        self.name = name
        self._metrics = metrics
        self._free = at_once
        self._room = WAITING * at_once
        self._wait_seconds = wait_seconds
        self._turns: deque[asyncio.Future[None]] = deque()
        """Of those that wait. None does while a slot is free."""
        self._lines = LineBudget.full(1, time.monotonic())

    @property
    def full(self) -> bool:
        return len(self._turns) >= self._room

    async def enter(self) -> None:
        """Wait for a slot. Raises Problem if the lane is full, or if the wait takes too long."""
        if self._free:
            self._free -= 1
            return
        if self.full:
            self.record_refusal()
            raise overloaded()
        try:
            await self._wait()
        except TimeoutError:
            self.record_refusal()
            raise overloaded() from None

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await turn
        except BaseException:
            if turn.cancelled():
                with suppress(ValueError):
                    self._turns.remove(turn)
            else:
                self.leave()  # It got the slot in the same moment.
            raise

    def leave(self) -> None:
        """The slot goes to the one that has waited longest."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def record_refusal(self) -> None:
        self._metrics.request_shed(self.name)
        if self._lines.take(time.monotonic()):
            log.warning("http.overloaded", lane=self.name, not_logged=self._lines.forget())


class Admission:
    """Three lanes, so that slow work of one kind leaves room for the others.

    Changes of registrations ask neighbours, which may be slow. Reading, and the work on codes, go on without them.
    Of a caller that left before its turn, nothing is done.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, *, at_once: int = AT_ONCE, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._app = app
        self._reads, self._entries, self._codes = (
            Lane(name, metrics, at_once, wait_seconds) for name in ("reads", "entries", "codes")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            _state(scope)[STATE_KEY] = self
            await self._app(scope, receive, send)
            return
        lane = self.lane_of(scope["method"], scope["path"])
        if lane is None:
            await self._app(scope, receive, send)
            return
        await lane.enter()
        try:
            if not _left(scope):
                await self._app(scope, receive, send)
        finally:
            lane.leave()

    def refuses(self, method: bytes, target: bytes) -> bool:
        """The request would be refused at once. It is counted, so answer it so. False for HEAD: its answer has no
        body."""
        lane = self.lane_of(method.decode(), target.partition(b"?")[0].decode("latin-1"))
        if lane is None or not lane.full or method == b"HEAD":
            return False
        lane.record_refusal()
        return True

    def lane_of(self, method: str, path: str) -> Lane | None:
        """None for what always gets in."""
        if path in EXEMPT:
            return None
        if method in _READING:
            return self._reads
        return self._entries if path.split("/", 3)[2:3] == ["entries"] else self._codes


def _left(scope: Any) -> bool:
    """The caller has closed the connection while the request waited: an answer would reach no caller."""
    connection: asyncio.Transport | None = scope.get(CONNECTION_KEY)
    return connection is not None and connection.is_closing()


def _state(scope: Any) -> dict[str, Any]:
    """The state of the lifespan. A server that has none gets one that it does not read."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state
