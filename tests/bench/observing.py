"""The cost of telemetry: fans read entries with metrics, logs and traces, and without."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from tests.bench import load
from tests.bench.crowds import READERS, confirmed, fan
from tests.bench.figures import Figure, median
from tests.bench.ground import Ground, insert, new_campaign
from tests.bench.load import Load, Scripts
from tests.bench.registering import CALLERS
from tests.support.servers.collector import collector
from tests.support.servers.service import Service
from tests.support.tokens import token

MOST = 0.15
OFF = {"FANGATE_LOG_LEVEL": "warning", "FANGATE_METRICS": "off"}


@dataclass(slots=True)
class Seen:
    """Rounds on one of the two services."""

    service: Service
    loads: list[Load] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    """CPU time for each request: other work on the machine does not change it."""

    @property
    def rate(self) -> float:
        return median([one.rate for one in self.loads])

    def measure(self, ground: Ground, scripts: Scripts) -> None:
        before, size = _cpu_seconds(self.service), ground.size
        self.loads.append(
            load.measure(self.service.url, scripts, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds)
        )
        spent = _cpu_seconds(self.service) - before
        self.microseconds.append(spent / sum(self.loads[-1].statuses.values()) * 1e6)


def run(ground: Ground, console: Console) -> list[Figure]:
    """The two services alternate, round after round."""
    database, campaign = ground.database(), new_campaign()
    insert(database.entries, (new_document(confirmed(campaign, number)) for number in range(READERS)))
    path = f"/{campaign}/entries/me"
    tokens = (token(fan(number), supreme=False) for number in range(READERS))
    scripts = [[load.request_bytes("GET", path, token=signed)] for signed in tokens]
    with (
        ground.service(database, neighbours=OFF) as unwatched,
        _traced() as settings,
        ground.service(database, neighbours=settings) as watched,
    ):
        off, on = Seen(unwatched), Seen(watched)
        for _ in range(ground.size.rounds):
            for name, seen in (("off", off), ("on", on)):
                seen.measure(ground, scripts)
                console.print(f"  {name:<4}{seen.microseconds[-1]:.0f} µs a request, {seen.loads[-1].summary()}")
    cost = 1 - on.rate / off.rate
    refused = sum(one.refused for one in (*on.loads, *off.loads))
    return [
        Figure(
            work=f"metrics, logs and traces on: read one's entry over HTTP, {CALLERS} callers",
            measured=f"{on.rate:,.0f}/s, {median(on.microseconds):.0f} µs of the processor a request",
            ceiling=f"all off: {off.rate:,.0f}/s, {median(off.microseconds):.0f} µs",
            outcome=f"{cost:.0%} less",
            target=f"at most {MOST:.0%} less, none refused",
            met=cost <= MOST and not refused,
        )
    ]


@contextmanager
def _traced() -> Iterator[Mapping[str, str]]:
    """Every trace is kept, and sent to a collector that takes it."""
    with collector() as running:
        yield {"OTEL_EXPORTER_OTLP_ENDPOINT": running.server.url, "OTEL_BSP_MAX_QUEUE_SIZE": "20000"}


def _cpu_seconds(service: Service) -> float:
    """Of its process, as the kernel counts it."""
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
