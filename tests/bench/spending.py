"""The processor time of a request, of the service and of mongod.

The speed of the machine and other work on it change rates. They change this far less.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import median, percentiles
from tests.bench.ground import Ground
from tests.bench.load import Load
from tests.bench.processor import cpu_seconds_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One round: its answers, and the microseconds of the processor for each."""

    load: Load
    served: float
    """Of the process that answers, with its children."""
    stored: float
    """Of mongod; not a number where it runs elsewhere, as in a container."""

    def summary(self) -> str:
        return f"{self.served:.0f} µs + mongod {self.stored:.0f} µs a request, {self.load.summary()}"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Several rounds of the same work."""

    rounds: Sequence[Spent]

    @property
    def rate(self) -> float:
        return median([one.load.rate for one in self.rounds])

    @property
    def served(self) -> float:
        return median([one.served for one in self.rounds])

    @property
    def stored(self) -> float:
        return median([one.stored for one in self.rounds])

    @property
    def refused(self) -> int:
        return sum(one.load.refused for one in self.rounds)

    @property
    def milliseconds(self) -> list[float]:
        """Of all rounds together."""
        return [milliseconds for one in self.rounds for milliseconds in one.load.milliseconds]

    @property
    def summary(self) -> str:
        times = f"{self.rate:,.0f}/s, {percentiles(self.milliseconds)}, {self.refused} refused"
        return f"{self.served:.0f} µs of the processor a request, mongod {self.stored:.0f} µs; {times}"


def spent(ground: Ground, pid: int, work: Callable[[], Load]) -> Spent:
    """Do the work, which the process ``pid`` serves."""
    database = mongod(ground)
    before, before_stored = seconds(pid), seconds(database)
    load = work()
    requests = sum(load.statuses.values())
    return Spent(
        load=load,
        served=(seconds(pid) - before) / requests * 1e6,
        stored=(seconds(database) - before_stored) / requests * 1e6,
    )


def mongod(ground: Ground) -> int:
    """Its process; 0 where it is not one of this machine's that this process can see."""
    pid = int(ground.client.admin.command("serverStatus")["pid"])
    name = Path(f"/proc/{pid}/comm")
    return pid if name.exists() and name.read_text().strip() == "mongod" else 0


def seconds(pid: int) -> float:
    """Of the process with its children, as the kernel counts them; not a number for 0."""
    return sum(map(cpu_seconds_of, _with_children(pid))) if pid else float("nan")


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _with_children(int(child))
