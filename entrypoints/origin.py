"""The request that is being answered, for whatever is written on its behalf.

Whoever answers a request says so here, in its own task; tasks begun from there inherit it.
"""

from contextvars import ContextVar
from typing import Final

from domain.model.events import UNKNOWN_ORIGIN, Origin

_CURRENT: Final = ContextVar("fangate.origin", default=UNKNOWN_ORIGIN)


def current_origin() -> Origin:
    return _CURRENT.get()


def set_origin(origin: Origin) -> None:
    """For the rest of this task, and for those it begins."""
    _CURRENT.set(origin)
