"""On whose behalf the code that asks is running."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from domain.model.events import UNKNOWN_ORIGIN, Origin

CurrentOrigin = Callable[[], Origin]
"""The request that the caller's own task is about, asked in that task: what tasks share has no origin of its own.
Cheap, and never raises."""


def nobodys() -> Origin:
    """For work that no request asked for."""
    return UNKNOWN_ORIGIN


_CURRENT: Final = ContextVar("fangate.origin", default=UNKNOWN_ORIGIN)


def current_origin() -> Origin:
    """What was said last in this task, or in the one that began it."""
    return _CURRENT.get()


def set_origin(origin: Origin) -> None:
    """For the rest of this task, and for those it begins."""
    _CURRENT.set(origin)
