"""When to stop asking a neighbour that does not answer, and when to try it again.

After five failures in a row nobody waits for it any more: for a second, then one question is let through to see
whether it is back; each further failure doubles the second, up to half a minute. A dead neighbour so costs
microseconds instead of time-outs.
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
"""More than it takes to the longest pause; keeps the power of two small."""


class NoAnswer(Exception):
    """Nothing usable came back. ``reason`` is for the log and never holds what was sent or received."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CircuitOpen(NoAnswer):
    """Nobody was asked: the neighbour has not answered for a while."""

    def __init__(self) -> None:
        super().__init__("circuit open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """What is known of one neighbour; seconds are of any clock that only goes forward."""

    failures: int = 0
    """In a row."""
    trips: int = 0
    """How often it has opened since the last success: 0 is closed."""
    retry_at: float = 0
    probing: bool = False
    """One question is on its way to see whether the neighbour is back."""

    def admits(self, now: float) -> bool:
        """May the neighbour be asked?"""
        return self.trips == 0 or (not self.probing and now >= self.retry_at)

    def asked(self) -> "Circuit":
        """A question is on its way."""
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
        """Whoever asked went away before there was an answer: nothing was learnt, the next may try."""
        return replace(self, probing=False)


class Breaker:
    """The circuit of one neighbour, in this process."""

    def __init__(self, part: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._part = part
        self._seconds = seconds
        self._circuit = Circuit()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Around one question. Raises CircuitOpen instead of letting it through; learns from a NoAnswer."""
        if not self._circuit.admits(self._seconds()):
            raise CircuitOpen
        self._circuit = self._circuit.asked()
        trips = self._circuit.trips
        try:
            yield
        except NoAnswer:
            self._learn(trips, self._circuit.failed(self._seconds()))
            raise
        except BaseException:
            self._learn(trips, self._circuit.abandoned())
            raise
        else:
            self._learn(trips, self._circuit.succeeded())

    def _learn(self, trips: int, after: Circuit) -> None:
        """Questions asked before the circuit opened or closed tell of the past: a hundred that were waiting when
        it opened must not double the pause a hundred times."""
        if self._circuit.trips != trips:
            return
        if after.trips > trips:
            structlog.get_logger().warning("neighbour.circuit_opened", part=self._part, trips=after.trips)
        elif after.trips < trips:
            structlog.get_logger().info("neighbour.circuit_closed", part=self._part)
        self._circuit = after
