"""The processes that share the work of one computation."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final, Protocol, TypeVar

MOST_WORKERS: Final = 4
_NICENESS: Final = 5
"""Others of this machine, such as the service's answers, come first."""
_LOOK_SECONDS: Final = 1.0

Task = TypeVar("Task")
Done = TypeVar("Done")


class Map(Protocol):
    def __call__(self, work: Callable[[Task], Done], tasks: Iterable[Task], /) -> Iterator[Done]:
        """The results, in the order of the tasks."""
        ...


@contextmanager
def workers(*, alone: bool) -> Iterator[Map]:
    """``alone``: for little work, which this process does itself."""
    count = 1 if alone else min(MOST_WORKERS, os.cpu_count() or 1)
    if count == 1:
        yield map
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=live_with_parent) as pool:
        yield pool.map


def live_with_parent() -> None:
    """End this process when its parent is gone, however the parent ended. Lower its priority."""
    os.nice(_NICENESS if os.nice(0) == 0 else 0)
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
