"""Fans who register, change their markets, and read their entries: 64 at once, each with a token."""

import json
from collections.abc import Callable, Mapping

from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from tests.bench import bare_registering, load
from tests.bench.bare_app import bare_app
from tests.bench.bare_storing import storing
from tests.bench.crowds import READERS, confirmed, fan, next_phone
from tests.bench.figures import Figure, percentile
from tests.bench.ground import Database, Ground, insert, new_campaign
from tests.bench.load import Load, Scripts
from tests.bench.neighbours import MARKETS, neighbours
from tests.bench.spending import Rounds, Spent, mongod, seconds, spent
from tests.support.servers.service import Service
from tests.support.tokens import token

CALLERS = 64
AT_MOST_PER_SECOND = 2_000
"""Fans that are generated before the run, so that no fan registers twice."""
READ_TIMES = 2.0
"""The most processor time of a request, as a multiple of its ceiling's."""
REGISTER_TIMES = 1.5
STORED_US = 600
"""The most processor time of mongod for a request."""
SLOWEST_MS = 300


def read(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the bare application, the floor, then fans reading their entries."""
    database, campaign = ground.database(), new_campaign()
    insert(database.entries, (new_document(confirmed(campaign, number)) for number in range(READERS)))
    path = f"/{campaign}/entries/me"
    scripts = [[load.request_bytes("GET", path, token=_token(fan(number)))] for number in range(READERS)]
    with (
        ground.service(database) as running,
        bare_app(running, scripts[0][0]) as bare_served,
        storing(running, scripts[0][0], "read", database.url, campaign) as storing_served,
    ):

        def reading(url: str, pid: int) -> Callable[[], Spent]:
            return lambda: spent(ground, pid, lambda: _load(ground, url, scripts))

        bare, floor, ours = _rounds(
            ground,
            console,
            ceiling=reading(*bare_served),
            floor=reading(*storing_served),
            service=reading(running.url, running.process.pid),
        )
    times = ours.served / bare.served
    return [
        Figure(
            work=f"read one's entry over HTTP, {CALLERS} callers",
            measured=ours.summary,
            ceiling=f"a bare ASGI application, the same bytes: {bare.served:.0f} µs, {bare.rate:,.0f}/s; "
            f"floor, which also reads the entry, in shared commands: {floor.served:.0f} µs",
            outcome=f"{times:.2f} x its processor time, {ours.served / floor.served:.2f} x the floor's",
            target=f"≤ {READ_TIMES} x, none refused",
            met=times <= READ_TIMES and not ours.refused,
        )
    ]


def register(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the bare program, then new fans who register, are sent a code, and change their markets."""
    database = ground.database()
    with neighbours() as settings, ground.service(database, neighbours=settings) as running:
        pid = running.process.pid
        bare, ours = _rounds(
            ground,
            console,
            ceiling=lambda: _floor(ground, settings),
            service=lambda: spent(ground, pid, lambda: _register(ground, running, database)),
        )
    times, slow = ours.served / bare.served, percentile(ours.milliseconds, 95)
    met = times <= REGISTER_TIMES and ours.stored <= STORED_US and slow < SLOWEST_MS and not ours.refused
    return [
        Figure(
            work=f"register, then change, {CALLERS} callers over HTTP, one process, neighbours take 20 ms",
            measured=ours.summary,
            ceiling="a bare program with the same questions and the least commands: "
            f"{bare.served:.0f} µs, mongod {bare.stored:.0f} µs, {bare.rate:,.0f}/s",
            outcome=f"{times:.2f} x its processor time, mongod {ours.stored:.0f} µs, p95 {slow:.0f} ms",
            target=f"≤ {REGISTER_TIMES} x, mongod ≤ {STORED_US} µs, p95 < {SLOWEST_MS} ms, none refused",
            met=met,
        )
    ]


def _rounds(ground: Ground, console: Console, **works: Callable[[], Spent]) -> list[Rounds]:
    """Of each work, alternating."""
    done: dict[str, list[Spent]] = {name: [] for name in works}
    for _ in range(ground.size.rounds):
        for name, work in works.items():
            done[name].append(work())
            console.print(f"  {name} {done[name][-1].summary()}")
    return [Rounds(rounds) for rounds in done.values()]


def _floor(ground: Ground, settings: Mapping[str, str]) -> Spent:
    """In a database of its own, since the fans are the same in each round."""
    database, size = ground.database(), ground.size
    before = seconds(mongod(ground))
    floor = bare_registering.measure(
        database.url, new_campaign(), settings, callers=CALLERS, seconds=size.warm_up + size.seconds
    )
    return floor.spent(stored=seconds(mongod(ground)) - before)


def _register(ground: Ground, running: Service, database: Database) -> Load:
    """In a campaign of its own. The answers to fans and the stored entries must agree."""
    campaign = new_campaign()
    fans = round((ground.size.warm_up + ground.size.seconds) * AT_MOST_PER_SECOND)
    done = _load(ground, running.url, [_script(campaign, number) for number in range(fans)], once=True)
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


def _load(ground: Ground, url: str, scripts: Scripts, *, once: bool = False) -> Load:
    size = ground.size
    return load.measure(url, scripts, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds, once=once)
