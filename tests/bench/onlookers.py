"""What others notice while a service is busy: how long they wait, and how much memory its processes take."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 1_048_576
ASK_EVERY_SECONDS = 0.02
LOOK_EVERY_SECONDS = 0.1


@dataclass(slots=True)
class Noticed:
    milliseconds: list[float] = field(default_factory=list)
    """How long each answer took."""
    largest_mib: float = 0.0
    """Of the processes that the service has started: the most memory of one of them."""
    together_mib: float = 0.0
    """The most memory of all of them at one time."""

    @property
    def longest(self) -> float:
        return max(self.milliseconds)


@contextmanager
def onlookers(url: str, paths: Sequence[tuple[str, dict[str, str]]], parent: int) -> Iterator[Noticed]:
    """Ask for the paths in turn, every 20 ms, and look at the children of the process, while the block lasts."""
    noticed, over = Noticed(), threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(url, paths, noticed, over)),
        threading.Thread(target=_look, args=(parent, noticed, over)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield noticed
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _ask(url: str, paths: Sequence[tuple[str, dict[str, str]]], noticed: Noticed, over: threading.Event) -> None:
    with httpx2.Client(base_url=url, trust_env=False) as client:
        while True:
            for path, headers in paths:
                began = time.perf_counter()
                client.get(path, headers=headers).raise_for_status()
                took = time.perf_counter() - began
                noticed.milliseconds.append(took * 1_000)
                if over.wait(max(0.0, ASK_EVERY_SECONDS - took)):
                    return


def _look(parent: int, noticed: Noticed, over: threading.Event) -> None:
    while not over.wait(LOOK_EVERY_SECONDS):
        sizes = [_resident_mib(pid) for pid in descendants(parent)]
        noticed.largest_mib = max(noticed.largest_mib, *sizes, 0.0)
        noticed.together_mib = max(noticed.together_mib, sum(sizes))


def descendants(parent: int) -> list[int]:
    """All processes that the process, or one of these, has started."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found, new = [], [parent]
    while new := [pid for pid, of in parents.items() if of in new]:
        found += new
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _resident_mib(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / MIB
    except OSError:
        return 0.0
