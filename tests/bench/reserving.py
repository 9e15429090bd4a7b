"""Reserving one code at a time, 64 callers at once: one process, and several."""

from contextlib import ExitStack

from rich.console import Console

from tests.bench import load, seeds_way
from tests.bench.bare_app import bare_app
from tests.bench.bare_storing import storing
from tests.bench.figures import Figure, median
from tests.bench.ground import Database, Ground, new_campaign, new_codes
from tests.bench.load import Load
from tests.bench.spending import Rounds, Spent, spent
from tests.support.servers.service import Service
from tests.support.tokens import token

CALLERS = 64
WORKERS = {1: 1.0, 2: 0.9, 4: 1.0}
"""Processes, and the least share of one process's rate that so many must make."""
TIMES = 3.0
"""The most processor time of a request, as a multiple of its ceiling's."""
SEED_TIMES = 5
BODY = b'{"type":"tm","count":1}'


def run(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the bare application, the floor, our reservations, the seed's; every pool as large as the
    others, but for the floor's, which lasts for all rounds."""
    database, theirs = ground.database(), ground.database()
    bare: list[Spent] = []
    floor: list[Spent] = []
    ours: list[Spent] = []
    seeds: list[seeds_way.Outcome] = []
    with ground.service(database) as running:
        example = _request(_filled(database, 2))  # Both programs ask it once.
        pool = _filled(database, ground.size.rounds * ground.size.pool)
        with (
            bare_app(running, example) as (url, pid),
            storing(running, example, "reserve", database.url, pool) as (storing_url, storing_pid),
        ):
            for _ in range(ground.size.rounds):
                bare.append(spent(ground, pid, lambda: _load(ground, url, example)))
                floor.append(spent(ground, storing_pid, lambda: _load(ground, storing_url, example)))
                ours.append(_reserve(ground, running, database))
                seeds.append(_reserve_the_seeds_way(ground, theirs))
                console.print(f"  ceiling    {bare[-1].summary()}")
                console.print(f"  floor      {floor[-1].summary()}")
                console.print(f"  reserve    {ours[-1].summary()}")
                console.print(f"  seed's way {seeds[-1].rate:,.0f}/s, {seeds[-1].refused_share:.0%} refused")
    return _figures(Rounds(bare), Rounds(floor), Rounds(ours), seeds)


def run_workers(ground: Ground, console: Console) -> list[Figure]:
    """All services run all the time, and are measured in alternation: the conditions are the same for each."""
    database = ground.database()
    rounds: dict[int, list[Spent]] = {workers: [] for workers in WORKERS}
    with ExitStack() as stack:
        services = {workers: stack.enter_context(ground.service(database, workers=workers)) for workers in WORKERS}
        for _ in range(ground.size.rounds):
            for workers, running in services.items():
                rounds[workers].append(_reserve(ground, running, database))
                console.print(f"  {workers} processes: {rounds[workers][-1].summary()}")
    return [_workers_figure(workers, Rounds(rounds[workers]), Rounds(rounds[1])) for workers in (2, 4)]


def _figures(bare: Rounds, floor: Rounds, ours: Rounds, seeds: list[seeds_way.Outcome]) -> list[Figure]:
    times, seed = ours.served / bare.served, median([outcome.rate for outcome in seeds])
    share = median([outcome.refused_share for outcome in seeds])
    faster = ours.rate / seed if seed else float("inf")
    return [
        Figure(
            work=f"reserve 1 code, {CALLERS} callers over HTTP, one process",
            measured=ours.summary,
            ceiling=f"a bare ASGI application, the same bytes: {bare.served:.0f} µs, {bare.rate:,.0f}/s; "
            f"floor, which also takes the code and writes the row, in shared commands: {floor.served:.0f} µs, "
            f"mongod {floor.stored:.0f} µs",
            outcome=f"{times:.2f} x its processor time, {ours.served / floor.served:.2f} x the floor's",
            target=f"≤ {TIMES} x, none refused",
            met=times <= TIMES and not ours.refused,
        ),
        Figure(
            work="the same, beside the seed's own algorithm through the driver",
            measured=f"{ours.rate:,.0f}/s",
            ceiling=f"find, update, retry 3: {seed:,.0f}/s, {share:.0%} refused",
            outcome=f"{faster:.1f} x",
            target=f"≥ {SEED_TIMES} x",
            met=faster >= SEED_TIMES,
        ),
    ]


def _workers_figure(workers: int, ours: Rounds, alone: Rounds) -> Figure:
    share, least = ours.rate / alone.rate, WORKERS[workers]
    return Figure(
        work=f"reserve 1 code, {CALLERS} callers, {workers} processes",
        measured=ours.summary,
        ceiling=f"one process: {alone.rate:,.0f}/s, {alone.served:.0f} µs, mongod {alone.stored:.0f} µs",
        outcome=f"{share:.2f} x its rate",
        target=f"≥ {least} x, none refused",
        met=share >= least and not ours.refused,
    )


def _reserve(ground: Ground, running: Service, database: Database) -> Spent:
    """On a pool of its own. The answers to callers and the stored codes must agree."""
    campaign = _filled(database, ground.size.pool)
    request = _request(campaign)
    done = spent(ground, running.process.pid, lambda: _load(ground, running.url, request))
    held = database.codes.count_documents({"campaignId": campaign, "type": "tm", "status": "reserved"})
    assert held == done.load.served, f"{done.load.served} served, {held} codes held"
    return done


def _request(campaign: str) -> bytes:
    return load.request_bytes("POST", f"/{campaign}/reserve", token=token(), body=BODY)


def _filled(database: Database, codes: int) -> str:
    """A campaign with so many codes."""
    campaign = new_campaign()
    database.fill(campaign, new_codes(codes))
    return campaign


def _reserve_the_seeds_way(ground: Ground, database: Database) -> seeds_way.Outcome:
    campaign, size = _filled(database, ground.size.pool), ground.size
    return seeds_way.measure(database.url, campaign, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds)


def _load(ground: Ground, url: str, request: bytes) -> Load:
    size = ground.size
    return load.measure(url, [[request]], callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds)
