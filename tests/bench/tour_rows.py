"""The work that a tour is measured by. Each row is done on a campaign and says what a unit of it cost."""

import json
import math
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx2

from tests.bench import load
from tests.bench.crowds import DECIDED, fan, next_phone
from tests.bench.ground import Database, Ground, client_of, import_over_http, new_codes
from tests.bench.memory import peak_mib
from tests.bench.neighbours import MARKETS
from tests.bench.processor import cpu_seconds, cpu_seconds_of
from tests.bench.published import WAITING
from tests.bench.tour_data import CAMPAIGN
from tests.support.servers import backends
from tests.support.servers.mongod import Node
from tests.support.servers.process import Process
from tests.support.servers.service import Service
from tests.support.servers.worker import worker
from tests.support.tokens import token

CALLERS = 64
READERS = 1_000
WARM_UP = 1.5
SECONDS = 5.0
ASKED = 3
"""How often each question about the whole campaign is asked."""
MOST_PER_SECOND = 1_000
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.1
NDJSON = "application/x-ndjson"


@dataclass(slots=True, kw_only=True)
class Place:
    """A campaign of one size, with a service."""

    ground: Ground
    node: Node
    database: Database
    service: Service
    worker_mib: float = 0.0
    files: list[str] = field(default_factory=list)
    """The key of the file that was imported last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    cost: float
    """Microseconds of the processor for a unit of the work: of the service or worker, and of mongod."""
    text: str
    seconds: float = 0.0
    """The slowest answer to a question about the whole campaign."""


class _Meter:
    """Processor time since the beginning of a block."""

    def __init__(self, node: Node, process: Process) -> None:
        assert node.process is not None
        self._mongod, self._process = node.process.pid, process
        self._before = self._now()
        self.began = time.perf_counter()

    def _now(self) -> tuple[float, float]:
        return cpu_seconds(self._process), cpu_seconds_of(self._mongod)

    def seen(self, units: int, unit: str, more: str = "", seconds: float = 0.0) -> Seen:
        ours, mongod = (after - before for after, before in zip(self._now(), self._before, strict=True))
        ours, mongod = ours / units * 1e6, mongod / units * 1e6
        text = f"{_amount(ours)} of ours and {_amount(mongod)} of mongod {unit}"
        return Seen(cost=ours + mongod, text=f"{text}{more}", seconds=seconds)


def _amount(microseconds: float) -> str:
    return f"{microseconds / 1_000:,.0f} ms" if microseconds >= 10_000 else f"{microseconds:,.0f} µs"


def _meter(place: Place) -> _Meter:
    return _Meter(place.node, place.service)


# What fans and the ticket shop do


def reserve(place: Place) -> Seen:
    available = {"campaignId": CAMPAIGN, "type": "tm", "status": "available"}
    missing = place.ground.size.pool - place.database.codes.count_documents(available)
    if missing > 0:
        place.database.fill(CAMPAIGN, new_codes(missing))
    body = b'{"type":"tm","count":1}'
    return _load(place, [[load.request_bytes("POST", f"/{CAMPAIGN}/reserve", token=token(), body=body)]])


def read(place: Place) -> Seen:
    everyone = place.database.entries.aggregate([{"$sample": {"size": READERS}}, {"$project": {"userId": 1}}])
    tokens = [token(one["userId"], supreme=False) for one in everyone]
    return _load(place, [[load.request_bytes("GET", f"/{CAMPAIGN}/entries/me", token=one)] for one in tokens])


def register(place: Place) -> Seen:
    """A fan registers, and then prefers another market."""
    run = secrets.token_hex(3)
    scripts = [
        [
            load.request_bytes("POST", f"/{CAMPAIGN}/entries", token=signed, body=json.dumps(body).encode())
            for body in (first, first | {"markets": MARKETS[1:]})
        ]
        for number in range(round((WARM_UP + SECONDS) * MOST_PER_SECOND))
        for first in [{"phone": next_phone(), "markets": MARKETS[:2], "optIns": {"newsletter": True}}]
        for signed in [token(f"new-{run}-{number}", supreme=False)]
    ]
    return _load(place, scripts, once=True)


def _load(place: Place, scripts: load.Scripts, *, once: bool = False) -> Seen:
    meter = _meter(place)
    done = load.measure(place.service.url, scripts, callers=CALLERS, warm_up=WARM_UP, seconds=SECONDS, once=once)
    assert not done.refused, f"{done.statuses}\n{place.service.logged()[-2_000:]}"
    return meter.seen(done.served, "a request", f", {done.summary()}")


# What staff do


def import_codes(place: Place) -> Seen:
    number = place.ground.size.codes
    place.files[:] = [place.ground.upload(CAMPAIGN, new_codes(number))]
    return _import(place, number)


def import_again(place: Place) -> Seen:
    return _import(place, 0)


def _import(place: Place, inserted: int) -> Seen:
    meter = _meter(place)
    report = import_over_http(place.service, CAMPAIGN, place.files[0])
    assert report["inserted"] == inserted, report
    return meter.seen(report["rows"], "a code")


def upload_scores(place: Place) -> Seen:
    number = place.ground.size.tour_small // 2
    records = ({"userId": fan(one), "score": round(random.uniform(0, 100), 2)} for one in range(number))
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    meter = _meter(place)
    with client_of(place.service) as client:
        answer = client.post(f"/{CAMPAIGN}/entries/scoring", content=lines, headers={"Content-Type": NDJSON})
    assert answer.is_success, answer.text
    assert answer.json()["received"] == number, answer.text
    return meter.seen(number, "a record")


def export(place: Place) -> Seen:
    """All the eligible. Nothing is kept."""
    meter, first, lines = _meter(place), 0.0, 0
    with (
        client_of(place.service) as client,
        client.stream("GET", f"/{CAMPAIGN}/entries/scoring", headers={"Accept": NDJSON}) as answer,
    ):
        for chunk in answer.iter_bytes():
            lines += chunk.count(b"\n")
            first = first or (time.perf_counter() - meter.began if lines else 0.0)
            end = chunk
    assert b'"end":true' in end, end[-200:]
    rate = lines / (time.perf_counter() - meter.began)
    return meter.seen(lines, "a fan", f", {lines - 1:,} fans, {rate:,.0f}/s, first line after {first:.2f} s")


# Questions about the whole campaign


def count_codes(place: Place) -> Seen:
    return _ask(place, "codes/count")


def count_entries(place: Place) -> Seen:
    return _ask(place, "entries/count")


def eligible(place: Place) -> Seen:
    return _ask(place, "entries/eligibility")


def eligible_with_filters(place: Place) -> Seen:
    return _ask(
        place,
        "entries/eligibility",
        minScore=30,
        maxScore=90,
        market=list(MARKETS[:2]),
        maxRank=3,
        selection=["none", DECIDED[0].value],
    )


def rank(place: Place) -> Seen:
    """The first page."""
    return _ask(place, "entries/scoring")


def _ask(place: Place, path: str, **filters: Any) -> Seen:
    with client_of(place.service) as client:
        _seconds(client, path, filters)
        meter = _meter(place)
        times = [_seconds(client, path, filters) for _ in range(ASKED)]
    return meter.seen(ASKED, "a question", f", at most {max(times):.2f} s", max(times))


def _seconds(client: httpx2.Client, path: str, filters: Mapping[str, Any]) -> float:
    """Infinite where the service gave up: the store may work for ten seconds on a question."""
    began = time.perf_counter()
    answer = client.get(f"/{CAMPAIGN}/{path}", params=filters)
    assert answer.is_success or answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
    return time.perf_counter() - began if answer.is_success else math.inf


# What the worker does


def relay(place: Place) -> Seen:
    """The events that registrations left, and nothing else."""
    waiting = place.database.entries.count_documents(WAITING)
    with backends.kafka() as servers:
        settings = {"FANGATE_STORE": place.database.url, "FANGATE_STREAM": f"kafka://{servers}/tour"}
        with _metered(place, settings) as (running, meter):
            deadline = time.perf_counter() + PATIENCE_SECONDS
            while place.database.entries.find_one(WAITING, {"_id": 1}):
                assert time.perf_counter() < deadline, running.logged()[-2_000:]
                time.sleep(POLL_SECONDS)
            place.worker_mib = peak_mib(running)
            return meter.seen(max(1, waiting), "an entry", f", {waiting:,} entries")


@contextmanager
def _metered(place: Place, settings: Mapping[str, str]) -> Iterator[tuple[Process, _Meter]]:
    """A worker, and its meter. Its start counts, too."""
    with worker(settings) as running:
        yield running, _Meter(place.node, running)
