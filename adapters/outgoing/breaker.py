"""A circuit breaker: when to stop asking a neighbour that does not answer, and when to try it again.

After five failures in a row the circuit opens: requests fail at once for one second. Then one request is let
through to see if the neighbour is back. Each further failure doubles the pause, up to half a minute. So a
neighbour that is down costs microseconds instead of time-outs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import structlog

FAILURES_TO_OPEN: Final = 5
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
_ENOUGH_DOUBLINGS: Final = 10
"""More doublings than the longest pause needs. Keeps the power of two small."""


class NoAnswer(Exception):
    """There was no usable answer. ``reason`` is for the log and never contains data that was sent or received."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CircuitOpen(NoAnswer):
    """The neighbour was not asked, because it has not answered for a while."""

    def __init__(self) -> None:
        super().__init__("circuit open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The state of one neighbour's circuit. Times are seconds of a monotonic clock."""

    failures: int = 0
    """Failures in a row."""
    trips: int = 0
    """How often the circuit has opened since the last success. 0: it is closed."""
    retry_at: float = 0
    probing: bool = False
    """One request is under way to see if the neighbour is back."""

    def admits(self, now: float) -> bool:
        """May the neighbour be asked?"""
        return self.trips == 0 or (not self.probing and now >= self.retry_at)

    def asked(self) -> "Circuit":
        """A request is under way."""
        return replace(self, probing=self.trips > 0)

    def succeeded(self) -> "Circuit":
        return Circuit()

    def failed(self, now: float) -> "Circuit":
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return replace(self, failures=failures)
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self.trips, _ENOUGH_DOUBLINGS), LONGEST_PAUSE_SECONDS)
        return Circuit(failures=failures, trips=self.trips + 1, retry_at=now + pause)

    def abandoned(self) -> "Circuit":
        """The caller cancelled the request before there was an answer. The next request may try."""
        return replace(self, probing=False)


class Breaker:
    """The circuit of one neighbour, in this process."""

    def __init__(self, part: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._part = part
        self._seconds = seconds
        self._circuit = Circuit()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Wraps one request. Raises CircuitOpen instead when the circuit is open. A NoAnswer counts as a
        failure."""
        if not self._circuit.admits(self._seconds()):
            raise CircuitOpen
        self._circuit = self._circuit.asked()
        trips = self._circuit.trips
        try:
            yield
        except NoAnswer:
            self._store(trips, self._circuit.failed(self._seconds()))
            raise
        except BaseException:
            self._store(trips, self._circuit.abandoned())
            raise
        else:
            self._store(trips, self._circuit.succeeded())

    def _store(self, trips: int, after: Circuit) -> None:
        """Store the state after a request, unless the circuit has opened or closed since the request began: a
        hundred requests that were waiting when it opened must not double the pause a hundred times."""
        if self._circuit.trips != trips:
            return
        if after.trips > trips:
            structlog.get_logger().warning("neighbour.circuit_opened", part=self._part, trips=after.trips)
        elif after.trips < trips:
            structlog.get_logger().info("neighbour.circuit_closed", part=self._part)
        self._circuit = after
