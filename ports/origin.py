"""On whose behalf the code that asks is running."""

from collections.abc import Callable

from domain.model.events import UNKNOWN_ORIGIN, Origin

CurrentOrigin = Callable[[], Origin]
"""The request that the caller's own task is about, asked in that task: what tasks share has no origin of its own.
Cheap, and never raises."""


def nobodys() -> Origin:
    """For work that no request asked for."""
    return UNKNOWN_ORIGIN
