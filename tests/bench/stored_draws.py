"""Draws of entries that stand in MongoDB, from outside: announced and run over HTTP, while others ask the service.

A service, a worker and a mongod with a cache of 1 GiB share the machine. Entries are changed after the result is
public. That is watched for a while only.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pymongo
from pymongo.database import Database as Stored
from rich.console import Console

from domain.model.draws.chunks import CHUNK_LINES
from tests.bench.draw_data import CAMPAIGN, MARKETS, Crowds, crowds, fan
from tests.bench.figures import Figure, percentile
from tests.bench.ground import Ground, Raw, client_of
from tests.bench.memory import peak_mib
from tests.bench.onlookers import Noticed, onlookers
from tests.bench.processor import cpu_seconds_of, cpu_seconds_with_children
from tests.support.servers.process import Process
from tests.support.servers.service import Service, service
from tests.support.servers.worker import worker
from tests.support.stored import build_indexes
from tests.support.tokens import bearer

LIMIT_SECONDS = 15.0
"""For a million entrants: to announce, and to run."""
LIMIT_SECONDS_OF_A_TOUR = 60.0
"""For five million."""
LIMIT_MS = 100.0
LIMIT_MIB = 3_072
LOOK_SECONDS = 0.1
WATCHED_SECONDS = 30.0
IDLE_SECONDS = 5.0
RANDOMNESS = "ab" * 32
FANS_PER_PLACE = 100
"""Of each market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    crowds: Crowds
    size: int
    database: "Stored[Raw]"
    service: Service
    worker: Process

    def cpu(self) -> tuple[float, float]:
        """Processor seconds until now: of the service with its processes and the worker, and of mongod."""
        assert self.crowds.node.process is not None
        ours = sum(cpu_seconds_with_children(one.process.pid) for one in (self.service, self.worker))
        return ours, cpu_seconds_of(self.crowds.node.process.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step took."""

    seconds: float
    ours: float
    mongod: float
    """Seconds of the processor."""
    noticed: Noticed
    units: int = 0

    @property
    def per_unit(self) -> str:
        ours, mongod = (1e6 * seconds / max(self.units, 1) for seconds in (self.ours, self.mongod))
        return f"processor: {ours:.0f} µs of ours and {mongod:.0f} µs of mongod each"

    def text(self) -> str:
        others = f"p99 {percentile(self.noticed.milliseconds, 99):.0f} ms, at most {self.noticed.longest:.0f} ms"
        memory = f"processes {self.noticed.largest_mib:.0f} MiB each, {self.noticed.together_mib:.0f} together"
        cpu = f"processor {self.ours:.1f} s of ours, {self.mongod:.1f} s of mongod"
        return f"{self.seconds:.1f} s; {cpu}; others {others}; {memory}"


def run(ground: Ground, console: Console) -> list[Figure]:
    sizes = {ground.size.many_fans: LIMIT_SECONDS, ground.size.tour_entries: LIMIT_SECONDS_OF_A_TOUR}
    with ExitStack() as stack:
        folder = ground.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fangate-draws-")))
        prepared = stack.enter_context(crowds(folder, list(sizes), console))
        return [figure for size, limit in sizes.items() for figure in _sized(prepared, size, limit, console)]


def _sized(prepared: Crowds, size: int, limit: float, console: Console) -> list[Figure]:
    url = prepared.urls[size]
    with pymongo.MongoClient[Raw](url, socketTimeoutMS=0) as client:
        database = client.get_default_database()
        _begin_anew(database)
        with _processes(url) as (serving, working):
            place = Place(crowds=prepared, size=size, database=database, service=serving, worker=working)
            steps = {}
            for name, step in (("idle", _idle), ("announce", _announce), ("run", _run), ("change", _change)):
                steps[name] = _measured(place, step)
                console.print(f"  {size:,}: {name}: {steps[name].text()}")
            return _figures(place, steps, limit)


def _begin_anew(database: "Stored[Raw]") -> None:
    """Without the draws of an earlier run, and what they changed."""
    database["draws"].drop()
    database["drawChunks"].drop()
    build_indexes(database)
    changed = {"outboxSlot": {"$gte": 0}, "outboxAt": {"$exists": True}}
    as_before = {
        "selection": "none",
        "revision": 2,
        "version": 2,
        "outbox": [],
        "history": {"$slice": ["$history", 2]},
    }
    database["entries"].update_many(changed, [{"$set": as_before}, {"$unset": ["allocation", "outboxAt"]}])


@contextmanager
def _processes(url: str) -> Iterator[tuple[Service, Process]]:
    with tempfile.TemporaryDirectory(prefix="fangate-campaigns-") as folder:
        campaigns = Path(folder) / "campaigns.json"
        campaigns.write_text(json.dumps([_campaign()]))
        users = Path(folder) / "users.json"
        users.write_text("[]")
        settings = {
            "FANGATE_STORE": url,
            "FANGATE_CAMPAIGNS": f"file:{campaigns}",
            "FANGATE_USERS": f"file:{users}",
            "FANGATE_BEACON": "none:",
            "FANGATE_OBJECTS": "memory:",
        }
        with service(settings) as serving, worker(settings) as working:
            yield serving, working


def _campaign() -> Raw:
    markets = [{"id": market, "name": market} for market in MARKETS]
    return {
        "id": CAMPAIGN,
        "name": "A tour",
        "status": "open",
        "opensAt": None,
        "closesAt": None,
        "needsPhoneConfirmation": True,
        "gates": {"inviteOnly": False, "linkedAccounts": [], "verifiedCard": False},
        "markets": markets,
        "defaultRegion": "US",
    }


def _measured(place: Place, step: Callable[[Place], int]) -> Step:
    own = bearer(fan(1, place.size), supreme=False)
    paths = [("/livez", {}), (f"/{CAMPAIGN}/entries/me", own)]
    before, began = place.cpu(), time.perf_counter()
    with onlookers(place.service.url, paths, place.service.process.pid) as noticed:
        units = step(place)
    seconds = time.perf_counter() - began
    ours, mongod = (now - then for now, then in zip(place.cpu(), before, strict=True))
    return Step(seconds=seconds, ours=ours, mongod=mongod, noticed=noticed, units=units)


def _idle(_: Place) -> int:
    time.sleep(IDLE_SECONDS)
    return 0


def _announce(place: Place) -> int:
    body = {
        "places": dict.fromkeys(MARKETS, place.size // FANS_PER_PLACE),
        "tiers": [90, 70],
        "weights": [{"minScore": 80, "weight": 4}],
        "exclude": ["flagged"],
        "beacon": {"kind": "manual"},
    }
    with client_of(place.service) as client:
        answer = client.post(f"/{CAMPAIGN}/draws", json=body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    return int(answer.json()["entrants"])


def _run(place: Place) -> int:
    """Until the result is public. Returns how many entrants there are."""
    with client_of(place.service) as client:
        (draw,) = client.get(f"/{CAMPAIGN}/draws").json()["draws"]
        path = f"/{CAMPAIGN}/draws/{draw['drawId']}"
        begun = client.post(f"{path}/run", json={"randomness": RANDOMNESS}, headers={"Prefer": "respond-async"})
        assert begun.status_code == HTTPStatus.ACCEPTED, begun.text
        while client.get(path).json()["resultDigest"] is None:
            time.sleep(LOOK_SECONDS)
    return int(draw["entrants"])


def _change(place: Place) -> int:
    """For a while. Returns how many entries were changed."""
    before = _applied(place)
    time.sleep(WATCHED_SECONDS)
    return _applied(place) - before


def _applied(place: Place) -> int:
    found = place.database["draws"].find_one() or {}
    return int(found["applied"]) * CHUNK_LINES


def _figures(place: Place, steps: Mapping[str, Step], limit: float) -> list[Figure]:
    size, idle = f"{place.size:,}", steps["idle"].noticed
    service_mib, worker_mib = peak_mib(place.service), peak_mib(place.worker)
    change = steps["change"]
    rate = change.units / change.seconds
    return [
        *(_timed(f"{name} a draw of {size} stored entries", steps[name], limit) for name in ("announce", "run")),
        *(_waited(f"others, meanwhile ({name}, {size})", steps[name].noticed, idle) for name in steps),
        _remembered(f"memory, {size} entries", steps, service_mib, worker_mib),
        Figure(
            work=f"entries changed after a run, {size}",
            measured=f"{rate:,.0f}/s",
            ceiling=f"{change.per_unit}",
            outcome=f"all in {place.size / rate / 60:.0f} min" if rate else "none",
            target="none",
            met=True,
        ),
    ]


def _timed(work: str, step: Step, limit: float) -> Figure:
    return Figure(
        work=work,
        measured=f"{step.seconds:.1f} s",
        ceiling=f"processor: {step.ours:.1f} s of ours, {step.mongod:.1f} s of mongod",
        outcome=f"{step.seconds:.1f} s",
        target=f"< {limit:.0f} s",
        met=step.seconds < limit,
    )


def _waited(work: str, noticed: Noticed, idle: Noticed) -> Figure:
    return Figure(
        work=work,
        measured=f"p99 {percentile(noticed.milliseconds, 99):.0f} ms, of {len(noticed.milliseconds):,} answers",
        ceiling=f"while nothing is done: at most {idle.longest:.0f} ms",
        outcome=f"{noticed.longest:.0f} ms",
        target=f"< {LIMIT_MS:.0f} ms",
        met=noticed.longest < LIMIT_MS,
    )


def _remembered(work: str, steps: Mapping[str, Step], service_mib: float, worker_mib: float) -> Figure:
    together = max(step.noticed.together_mib for step in steps.values())
    largest = max(step.noticed.largest_mib for step in steps.values())
    return Figure(
        work=work,
        measured=f"processes that compute: {largest:.0f} MiB the largest, {together:.0f} MiB together",
        ceiling=f"the service {service_mib:.0f} MiB, the worker {worker_mib:.0f} MiB",
        outcome=f"{together + service_mib + worker_mib:.0f} MiB",
        target=f"< {LIMIT_MIB} MiB",
        met=together + service_mib + worker_mib < LIMIT_MIB,
    )
