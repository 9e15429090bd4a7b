"""Callers who come by the clock, in a process of its own: they do not wait for the answers to others.

Run as a program it reads a plan from standard input and plays it. Times count from the moment that the clock set
for a request, so a request that waits for a free connection is late, too. ``play`` runs it in this way.
"""

import asyncio
import gc
import json
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, cast

import uvloop

from tests.bench.figures import percentile
from tests.support.paths import ROOT

HEAD_END = b"\r\n\r\n"
CONNECTIONS = 900
"""Fewer than a process takes: as a proxy keeps them."""
PATIENCE_SECONDS = 10.0
"""After that a caller has left."""
AT_ONCE = 50
"""Requests that are sent before the answers that have come are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    name: str
    seconds: float
    rates: Mapping[str, float]
    """Requests a second, by kind."""


@dataclass(slots=True, kw_only=True)
class Answers:
    """To the requests of one kind in one phase."""

    milliseconds: list[float] = field(default_factory=list)
    """Of those that were served."""
    statuses: dict[str, int] = field(default_factory=dict)
    """Also ``timed out``, ``cut off`` and ``not connected``."""
    without_retry_after: int = 0
    """Refusals that do not say when to come again."""

    @property
    def p99(self) -> float:
        return percentile(self.milliseconds, 99) if len(self.milliseconds) > 1 else float("nan")


@dataclass(slots=True, kw_only=True)
class Played:
    answers: dict[str, dict[str, Answers]]
    """By phase and kind."""
    taken: dict[str, list[int]]
    """By kind: which requests of the plan were answered 200 or 201."""
    seconds: dict[str, float]
    """How long each phase took: longer than planned where the callers could not keep up with the clock."""
    cpu: float
    """The share of one core that the callers took."""


def play(url: str, requests: Mapping[str, Sequence[bytes]], phases: Sequence[Phase]) -> Played:
    """Play the phases one after the other. When all requests of a kind were sent, the first comes again."""
    plan = {
        "port": int(url.rpartition(":")[2]),
        "requests": {kind: [request.decode() for request in some] for kind, some in requests.items()},
        "phases": [asdict(phase) for phase in phases],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.open_load"],
        input=json.dumps(plan).encode(),
        capture_output=True,
        cwd=ROOT,
        timeout=2 * sum(phase.seconds for phase in phases) + 120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the callers failed:\n{done.stderr.decode()}")
    found = json.loads(done.stdout)
    answers = {
        phase: {kind: Answers(**one) for kind, one in kinds.items()}
        for phase, kinds in found.pop("answers").items()
    }
    return Played(answers=answers, **found)


class Arrival(NamedTuple):
    at: float
    phase: str
    kind: str
    number: int
    """Of the request in the plan."""
    request: bytes


class _Results:
    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Answers]] = {}
        self.statuses: dict[tuple[str, str], Counter[str]] = {}
        self.taken: dict[str, list[int]] = {}

    def begin(self, phase: Phase) -> None:
        self.answers[phase.name] = {kind: Answers() for kind in phase.rates}

    def add(self, arrival: Arrival, status: str, head: bytes = b"") -> None:
        counted = self.statuses.setdefault((arrival.phase, arrival.kind), Counter())
        counted[status] += 1
        answers = self.answers[arrival.phase][arrival.kind]
        if status in {"200", "201"}:
            answers.milliseconds.append((time.perf_counter() - arrival.at) * 1_000)
            self.taken.setdefault(arrival.kind, []).append(arrival.number)
        elif status in {"429", "503"} and b"retry-after:" not in head:
            answers.without_retry_after += 1

    def whole(self) -> dict[str, dict[str, Answers]]:
        for (phase, kind), counted in self.statuses.items():
            self.answers[phase][kind].statuses = dict(counted)
        return self.answers


class _Pool:
    """The connections. A request takes an idle one, or a new one, or waits."""

    def __init__(self, port: int, results: _Results) -> None:
        self._port = port
        self.results = results
        self.idle: list[_Caller] = []
        self.busy: set[_Caller] = set()
        self._waiting: deque[Arrival] = deque()
        self._connecting: set[asyncio.Task[None]] = set()

    @property
    def quiet(self) -> bool:
        return not (self.busy or self._waiting or self._connecting)

    def take(self, arrival: Arrival) -> None:
        if self.idle:
            self.idle.pop().call(arrival)
        elif len(self.busy) + len(self._connecting) < CONNECTIONS:
            task = asyncio.create_task(self._connect(arrival))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        else:
            self._waiting.append(arrival)

    async def _connect(self, arrival: Arrival) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                _, caller = await asyncio.get_running_loop().create_connection(
                    lambda: _Caller(self), "127.0.0.1", self._port
                )
        except OSError:
            self.results.add(arrival, "not connected")
        else:
            caller.call(arrival)

    def free(self, caller: "_Caller") -> None:
        self.busy.discard(caller)
        if caller.open:
            self.idle.append(caller)
        while self._waiting and (self.idle or len(self.busy) + len(self._connecting) < CONNECTIONS):
            self.take(self._waiting.popleft())

    def give_up_late(self) -> None:
        latest = time.perf_counter() - PATIENCE_SECONDS
        for caller in [one for one in self.busy if one.arrival and one.arrival.at < latest]:
            caller.give_up()
        while self._waiting and self._waiting[0].at < latest:
            self.results.add(self._waiting.popleft(), "timed out")


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._received = b""
        self.arrival: Arrival | None = None
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of asyncio's

    def call(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self._pool.busy.add(self)
        self._transport.write(arrival.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(HEAD_END)
        if not found:
            return
        head = head.lower()
        if len(rest) >= _length(head):
            self._received = b""
            self._end(head[9:12].decode(), head)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self.arrival:
            self._end("cut off")
        elif self in self._pool.idle:
            self._pool.idle.remove(self)

    def give_up(self) -> None:
        self.open = False
        self._end("timed out")
        self._transport.abort()

    def _end(self, status: str, head: bytes = b"") -> None:
        if b"connection: close" in head:
            self.open = False
            self._transport.close()
        arrival, self.arrival = self.arrival, None
        assert arrival is not None
        self._pool.results.add(arrival, status, head)
        self._pool.free(self)


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class _Requests:
    """The plan's requests of each kind, one after the other."""

    def __init__(self, requests: Mapping[str, Sequence[str]]) -> None:
        self._requests = {kind: [request.encode() for request in some] for kind, some in requests.items()}
        self._sent = dict.fromkeys(requests, 0)

    def next(self, kind: str) -> tuple[int, bytes]:
        number = self._sent[kind] % len(self._requests[kind])
        self._sent[kind] += 1
        return number, self._requests[kind][number]


def _arrivals(phase: Phase, requests: _Requests, began: float) -> Iterator[Arrival]:
    """At random moments, so that some come together."""
    kinds, rates = list(phase.rates), list(phase.rates.values())
    at = began
    while (at := at + random.expovariate(sum(rates))) < began + phase.seconds:
        kind = random.choices(kinds, rates)[0]
        yield Arrival(at, phase.name, kind, *requests.next(kind))


async def _play_all(plan: dict[str, Any]) -> Played:
    results, requests = _Results(), _Requests(plan["requests"])
    pool = _Pool(plan["port"], results)
    watching = asyncio.create_task(_give_up_late(pool))
    seconds: dict[str, float] = {}
    start = time.perf_counter()
    for phase in [Phase(**one) for one in plan["phases"]]:
        began = time.perf_counter()
        results.begin(phase)
        await _send(pool, _arrivals(phase, requests, began))
        await asyncio.sleep(began + phase.seconds - time.perf_counter())
        seconds[phase.name] = time.perf_counter() - began
    while not pool.quiet:
        await asyncio.sleep(0.05)
    watching.cancel()
    cpu = time.process_time() / (time.perf_counter() - start)
    return Played(answers=results.whole(), taken=results.taken, seconds=seconds, cpu=cpu)


async def _send(pool: _Pool, arrivals: Iterator[Arrival]) -> None:
    for number, arrival in enumerate(arrivals):
        early = arrival.at - time.perf_counter()
        if early > 0.001:
            await asyncio.sleep(early)
        elif number % AT_ONCE == 0:
            await asyncio.sleep(0)
        pool.take(arrival)


async def _give_up_late(pool: _Pool) -> None:
    while True:
        await asyncio.sleep(0.5)
        pool.give_up_late()


def main() -> None:
    plan = json.load(sys.stdin)
    gc.freeze()
    json.dump(asdict(uvloop.run(_play_all(plan))), sys.stdout)


if __name__ == "__main__":
    main()
