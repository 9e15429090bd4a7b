"""A sale: callers come by the clock at 70 % of what the service can do, then ten times as many, then as before.

Afterwards every change that was acknowledged must be stored, and its event published.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

from tests.bench import load
from tests.bench.fans import Crowd
from tests.bench.figures import Figure, median
from tests.bench.ground import Database, Ground, new_campaign, new_codes
from tests.bench.load import Load
from tests.bench.neighbours import neighbours
from tests.bench.open_load import Answers, Phase, Played, play
from tests.bench.processor import cpu_seconds
from tests.bench.published import Published
from tests.support.servers import backends
from tests.support.servers.service import Service
from tests.support.servers.worker import worker

CALLERS = 64
READERS = 1_000
MIX = {"read": 0.80, "register": 0.15, "confirm": 0.05, "reserve": 0.05}
"""Reservations come beside the fans."""
SHARE = 0.7
SPIKE = 10
RECOVERY_SECONDS = 10.0
MOST_PER_SECOND = 3_000
"""Requests that are made for a second of measuring the maximum."""
LIMITS_MS = {"read": 200, "register": 1_000, "reserve": 500}
SERVED = frozenset({"200", "201"})
ALLOWED = SERVED | {"429", "503"}
TOPIC = "bench"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What was answered 200 or 201."""

    registered: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    reserved: int = 0


@dataclass(slots=True, kw_only=True)
class Day:
    """One run."""

    crowd: Crowd
    database: Database
    campaign: str
    service: Service
    taken: Taken = field(default_factory=Taken)


def run(ground: Ground, console: Console) -> list[Figure]:
    with _opened(ground) as (day, published):
        most, cost = _most(ground, day, console)
        before = cpu_seconds(day.service)
        played = _play(ground, day, SHARE * most)
        spent = cpu_seconds(day.service) - before
        for phase, kinds in played.answers.items():
            console.print(f"  {phase}: {_summary(kinds)}")
        console.print(f"  callers took {played.cpu:.0%} of a core, the service {spent:.1f} s; {played.seconds}")
        lost = _lost(day, published)
        console.print(f"  {_counted(day.taken)} acknowledged, {sum(lost.values())} lost")
    return [
        _steady(played.answers["steady"], f"open loop at {SHARE:.0%} of the maximum", most, cost),
        _spike(played, SHARE * most),
        _steady(played.answers["after"], f"the same, {RECOVERY_SECONDS:.0f} s after the spike", most, cost),
        _nothing_lost(day.taken, lost),
    ]


@contextmanager
def _opened(ground: Ground) -> Iterator[tuple[Day, Published]]:
    """A service, its neighbours, a worker, and a Kafka with a reader of its events."""
    database, campaign = ground.database(), new_campaign()
    with backends.kafka() as servers, neighbours() as settings:
        stream = {"FANGATE_STORE": database.url, "FANGATE_STREAM": f"kafka://{servers}/{TOPIC}"}
        with (
            ground.service(database, neighbours=settings) as running,
            worker(settings | stream),
            Published(servers, TOPIC) as published,
        ):
            crowd = Crowd(database, campaign, readers=READERS)
            yield Day(crowd=crowd, database=database, campaign=campaign, service=running), published


def _most(ground: Ground, day: Day, console: Console) -> tuple[float, float]:
    """Requests a second of callers without pauses, and microseconds of the processor for each."""
    loads: list[Load] = []
    costs: list[float] = []
    size = ground.size
    for _ in range(max(2, size.rounds // 2)):
        scripts = _shuffled(day, round((size.warm_up + size.seconds) * MOST_PER_SECOND))
        before = cpu_seconds(day.service)
        done = load.measure(
            day.service.url, scripts, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds, once=True
        )
        costs.append((cpu_seconds(day.service) - before) / sum(done.statuses.values()) * 1e6)
        loads.append(done)
        console.print(f"  at most {done.summary()}, {costs[-1]:.0f} µs of the service a request")
        assert not done.refused, f"{done.statuses}\n{day.service.logged()[-2_000:]}"
    return median([one.rate for one in loads]), median(costs)


def _shuffled(day: Day, number: int) -> list[list[bytes]]:
    """The mix, in a random order."""
    share = {kind: round(number * part / sum(MIX.values())) for kind, part in MIX.items()}
    day.database.fill(day.campaign, new_codes(share["reserve"]))
    requests = [
        *itertools.islice(itertools.cycle(day.crowd.reads()), share["read"]),
        *day.crowd.registrations(share["register"])[0],
        *day.crowd.confirmations(share["confirm"])[0],
        *[day.crowd.reservation()] * share["reserve"],
    ]
    random.shuffle(requests)
    return [[request] for request in requests]


def _phases(ground: Ground, a_second: float) -> list[Phase]:
    def phase(name: str, seconds: float, times: int = 1) -> Phase:
        return Phase(
            name=name, seconds=seconds, rates={kind: part * a_second * times for kind, part in MIX.items()}
        )

    unit = ground.size.seconds
    return [
        phase("warm-up", unit),
        phase("steady", 4 * unit),
        phase("spike", 6 * unit, SPIKE),
        phase("recovery", RECOVERY_SECONDS),
        phase("after", 4 * unit),
    ]


def _play(ground: Ground, day: Day, rate: float) -> Played:
    a_second = rate / sum(MIX.values())
    phases = _phases(ground, a_second)
    wanted = {kind: 50 + round(1.1 * sum(one.seconds * one.rates[kind] for one in phases)) for kind in MIX}
    registering, fans = day.crowd.registrations(wanted["register"])
    confirming, waiting = day.crowd.confirmations(wanted["confirm"])
    day.database.fill(day.campaign, new_codes(wanted["reserve"]))
    held = _held(day)
    requests = {
        "read": day.crowd.reads(),
        "register": registering,
        "confirm": confirming,
        "reserve": [day.crowd.reservation()],
    }
    played = play(day.service.url, requests, phases)
    day.taken.registered = {fans[number] for number in played.taken["register"]}
    day.taken.confirmed = {waiting[number] for number in played.taken["confirm"]}
    day.taken.reserved = held + len(played.taken["reserve"])
    return played


def _held(day: Day) -> int:
    return day.database.codes.count_documents({"campaignId": day.campaign, "status": "reserved"})


def _lost(day: Day, published: Published) -> Mapping[str, int]:
    """What was acknowledged and is not stored, or not published after all that waits was published."""
    published.wait_until_empty(day.database)
    users = {"campaignId": day.campaign}
    stored = {one["userId"]: one["status"] for one in day.database.entries.find(users, {"userId": 1, "status": 1})}
    confirmed = {user for user, status in stored.items() if status == "confirmed"}
    return {
        "registrations not stored": len(day.taken.registered - stored.keys()),
        "confirmations not stored": len(day.taken.confirmed - confirmed),
        "registrations not published": len(day.taken.registered - published.users("created", day.campaign)),
        "confirmations not published": len(day.taken.confirmed - published.users("phone_confirmed", day.campaign)),
        "reservations not stored": max(0, day.taken.reserved - _held(day)),
    }


def _steady(kinds: Mapping[str, Answers], name: str, most: float, cost: float) -> Figure:
    others = _statuses(kinds.values(), but=SERVED)
    slow = {kind: kinds[kind].p99 for kind in LIMITS_MS}
    return Figure(
        work=f"{name}: 80 % read, 15 % register or repeat, 5 % confirm; 5 % reserve beside",
        measured=f"{_summary(kinds)}",
        ceiling=f"{CALLERS} callers without pauses: {most:,.0f}/s, {cost:.0f} µs of the processor a request",
        outcome="p99 " + ", ".join(f"{kind} {value:.0f} ms" for kind, value in slow.items()),
        target="p99 " + ", ".join(f"{kind} {limit} ms" for kind, limit in LIMITS_MS.items()) + ", none refused",
        met=all(slow[kind] < limit for kind, limit in LIMITS_MS.items()) and not others,
    )


def _spike(played: Played, rate: float) -> Figure:
    kinds = played.answers["spike"].values()
    counted = _statuses(kinds)
    served = sum(counted[status] for status in SERVED)
    wrong = _statuses(kinds, but=ALLOWED)
    silent = sum(one.without_retry_after for one in kinds)
    came = sum(counted.values()) / played.seconds["spike"]
    return Figure(
        work=f"ten times that: {SPIKE * rate:,.0f}/s",
        measured=f"{came:,.0f}/s came, {served / played.seconds['spike']:,.0f}/s served; {_listed(counted)}",
        ceiling=f"callers took {played.cpu:.0%} of a core",
        outcome=f"{sum(wrong.values())} others, {silent} without Retry-After",
        target="only 200, 201, 429 and 503 with Retry-After",
        met=not wrong and not silent,
    )


def _nothing_lost(taken: Taken, lost: Mapping[str, int]) -> Figure:
    return Figure(
        work="every acknowledged change is stored, and its event published",
        measured=_counted(taken),
        ceiling="",
        outcome=_listed(Counter(lost)) or "none lost",
        target="none lost",
        met=not any(lost.values()),
    )


def _counted(taken: Taken) -> str:
    fans = f"{len(taken.registered):,} fans registered, {len(taken.confirmed):,} confirmed"
    return f"{fans}, {taken.reserved:,} codes reserved"


def _summary(kinds: Mapping[str, Answers]) -> str:
    times = ", ".join(f"{kind} p99 {one.p99:.0f} ms" for kind, one in kinds.items())
    return f"{times}; {_listed(_statuses(kinds.values()))}"


def _statuses(kinds: Iterable[Answers], *, but: frozenset[str] = frozenset()) -> Counter[str]:
    counted: Counter[str] = Counter()
    for one in kinds:
        counted.update({status: number for status, number in one.statuses.items() if status not in but})
    return counted


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{number:,} x {name}" for name, number in sorted(counted.items()) if number)
