"""Fans who register, change their markets, and read their entries: 64 at once, each with a token."""

import json
from collections.abc import Callable

from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from tests.bench import load
from tests.bench.crowds import confirmed, fan, next_phone
from tests.bench.figures import Figure, median, percentile, percentiles
from tests.bench.ground import Database, Ground, insert, new_campaign
from tests.bench.load import Load, Scripts
from tests.bench.neighbours import MARKETS, neighbours
from tests.support.servers.service import Service
from tests.support.tokens import token

CALLERS = 64
READERS = 1_000
"""Fans who read repeatedly: more fans than callers, so that consecutive answers differ."""
AT_MOST_PER_SECOND = 2_000
"""Fans that are generated before the run, so that no fan registers twice."""
SLOWEST_MS = 500


def read(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the empty route, then fans reading their entries."""
    database, campaign = ground.database(), new_campaign()
    insert(database.entries, (new_document(confirmed(campaign, number)) for number in range(READERS)))
    path = f"/{campaign}/entries/me"
    scripts = [[load.request_bytes("GET", path, token=_token(fan(number)))] for number in range(READERS)]
    with ground.service(database) as running:
        empty, ours = _rounds(ground, console, running, "read", lambda: _load(ground, running, scripts))
    ratio = _rate(ours) / _rate(empty)
    return [
        Figure(
            work=f"read one's entry over HTTP, {CALLERS} callers",
            measured=f"{_rate(ours):,.0f}/s, {percentiles(_milliseconds(ours))}, {_refused(ours)} refused",
            ceiling=f"empty route: {_rate(empty):,.0f}/s",
            outcome=f"{ratio:.2f} x",
            target="≥ 0.5 x, none refused",
            met=ratio >= 0.5 and not _refused(ours),
        )
    ]


def register(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the empty route, then new fans who register, are sent a code, and change their markets."""
    database = ground.database()
    with neighbours() as settings, ground.service(database, neighbours=settings) as running:
        empty, ours = _rounds(ground, console, running, "register", lambda: _register(ground, running, database))
    ratio, slow = _rate(ours) / _rate(empty), percentile(_milliseconds(ours), 95)
    return [
        Figure(
            work=f"register, then change, {CALLERS} callers over HTTP, one process, neighbours take 20 ms",
            measured=f"{_rate(ours):,.0f}/s, {percentiles(_milliseconds(ours))}, {_refused(ours)} refused",
            ceiling=f"empty route: {_rate(empty):,.0f}/s",
            outcome=f"{ratio:.2f} x, p95 {slow:.0f} ms",
            target=f"≥ 0.25 x, p95 < {SLOWEST_MS} ms, none refused",
            met=ratio >= 0.25 and slow < SLOWEST_MS and not _refused(ours),
        )
    ]


def _rounds(
    ground: Ground, console: Console, running: Service, name: str, work: Callable[[], Load]
) -> tuple[list[Load], list[Load]]:
    """The empty route and the work, alternating."""
    empty, ours = [], []
    for _ in range(ground.size.rounds):
        empty.append(_load(ground, running, [[load.request_bytes("GET", "/livez")]]))
        ours.append(work())
        console.print(f"  empty route {empty[-1].summary()}")
        console.print(f"  {name:<11} {ours[-1].summary()}")
    return empty, ours


def _register(ground: Ground, running: Service, database: Database) -> Load:
    """In a campaign of its own. The answers to fans and the stored entries must agree."""
    campaign = new_campaign()
    fans = round((ground.size.warm_up + ground.size.seconds) * AT_MOST_PER_SECOND)
    done = _load(ground, running, [_script(campaign, number) for number in range(fans)], once=True)
    stored = {
        "201": database.entries.count_documents({"campaignId": campaign}),
        "200": database.entries.count_documents({"campaignId": campaign, "revision": 2}),
    }
    answered = {status: done.statuses.get(status, 0) for status in stored}
    assert answered == stored, f"answered {done.statuses}, stored {stored}\n{running.logged()[-2_000:]}"
    return done


def _script(campaign: str, number: int) -> list[bytes]:
    """A fan registers, and then prefers another market."""
    first = {"phone": next_phone(), "markets": MARKETS[:2], "optIns": {"newsletter": True}}
    bodies = (first, first | {"markets": MARKETS[1:]})
    path, signed = f"/{campaign}/entries", _token(fan(number))
    return [load.request_bytes("POST", path, token=signed, body=json.dumps(body).encode()) for body in bodies]


def _token(user: str) -> str:
    return token(user, supreme=False)


def _load(ground: Ground, running: Service, scripts: Scripts, *, once: bool = False) -> Load:
    size = ground.size
    return load.measure(
        running.url, scripts, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds, once=once
    )


def _rate(loads: list[Load]) -> float:
    return median([one.rate for one in loads])


def _milliseconds(loads: list[Load]) -> list[float]:
    """Of all rounds together."""
    return [milliseconds for one in loads for milliseconds in one.milliseconds]


def _refused(loads: list[Load]) -> int:
    return sum(one.refused for one in loads)
