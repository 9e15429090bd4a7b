"""Reserving one code at a time, 64 callers at once: one process, and several."""

from contextlib import ExitStack

from rich.console import Console

from tests.bench import load, seeds_way
from tests.bench.figures import Figure, median, percentiles
from tests.bench.ground import Database, Ground, new_campaign, new_codes
from tests.bench.load import Load
from tests.support.servers.service import Service
from tests.support.tokens import token

CALLERS = 64
WORKERS = (1, 2, 4)
BODY = b'{"type":"tm","count":1}'


def run(ground: Ground, console: Console) -> list[Figure]:
    """Each round: the empty route, our reservations, the seed's; every pool as large as the others."""
    database, theirs = ground.database(), ground.database()
    empty: list[Load] = []
    ours: list[Load] = []
    seeds: list[seeds_way.Outcome] = []
    with ground.service(database) as running:
        for _ in range(ground.size.rounds):
            empty.append(_load(ground, running, load.request_bytes("GET", "/livez")))
            ours.append(_reserve(ground, running, database))
            seeds.append(_reserve_the_seeds_way(ground, theirs))
            console.print(f"  empty route {empty[-1].summary()}")
            console.print(f"  reserve     {ours[-1].summary()}")
            console.print(f"  seed's way  {seeds[-1].rate:,.0f}/s, {seeds[-1].refused_share:.0%} refused")
    return _figures(empty, ours, seeds)


def run_workers(ground: Ground, console: Console) -> list[Figure]:
    """All services run all the time, and are measured in alternation: the conditions are the same for each."""
    database = ground.database()
    loads: dict[int, list[Load]] = {workers: [] for workers in WORKERS}
    with ExitStack() as stack:
        services = {workers: stack.enter_context(ground.service(database, workers=workers)) for workers in WORKERS}
        for _ in range(ground.size.rounds):
            for workers, running in services.items():
                loads[workers].append(_reserve(ground, running, database))
                console.print(f"  {workers} processes: {loads[workers][-1].summary()}")
    return [_workers_figure(workers, loads[workers], loads[1]) for workers in WORKERS if workers > 1]


def _figures(empty: list[Load], ours: list[Load], seeds: list[seeds_way.Outcome]) -> list[Figure]:
    rate, route, seed = _rate(ours), _rate(empty), median([outcome.rate for outcome in seeds])
    refused = sum(one.refused for one in ours)
    share = median([outcome.refused_share for outcome in seeds])
    times = rate / seed if seed else float("inf")
    return [
        Figure(
            work=f"reserve 1 code, {CALLERS} callers over HTTP, one process",
            measured=f"{rate:,.0f}/s, {_percentiles(ours)}, {refused} refused",
            ceiling=f"empty route: {route:,.0f}/s",
            outcome=f"{rate / route:.2f} x",
            target="≥ 0.4 x, none refused",
            met=rate / route >= 0.4 and not refused,
        ),
        Figure(
            work="the same, beside the seed's own algorithm through the driver",
            measured=f"{rate:,.0f}/s",
            ceiling=f"find, update, retry 3: {seed:,.0f}/s, {share:.0%} refused",
            outcome=f"{times:.1f} x",
            target="≥ 5 x",
            met=times >= 5,
        ),
    ]


def _workers_figure(workers: int, loads: list[Load], alone: list[Load]) -> Figure:
    rate, one = _rate(loads), _rate(alone)
    refused = sum(load.refused for load in loads)
    return Figure(
        work=f"reserve 1 code, {CALLERS} callers, {workers} processes",
        measured=f"{rate:,.0f}/s, {_percentiles(loads)}, {refused} refused",
        ceiling=f"one process: {one:,.0f}/s",
        outcome=f"{rate / one:.2f} x",
        target="≥ 1 x, none refused",
        met=rate >= one and not refused,
    )


def _reserve(ground: Ground, running: Service, database: Database) -> Load:
    """On a pool of its own. The answers to callers and the stored codes must agree."""
    campaign = new_campaign()
    database.fill(campaign, new_codes(ground.size.pool))
    request = load.request_bytes("POST", f"/{campaign}/reserve", token=token(), body=BODY)
    done = _load(ground, running, request)
    held = database.codes.count_documents({"campaignId": campaign, "type": "tm", "status": "reserved"})
    assert held == done.served, f"{done.served} served, {held} codes held"
    return done


def _reserve_the_seeds_way(ground: Ground, database: Database) -> seeds_way.Outcome:
    campaign = new_campaign()
    database.fill(campaign, new_codes(ground.size.pool))
    size = ground.size
    return seeds_way.measure(database.url, campaign, callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds)


def _load(ground: Ground, running: Service, request: bytes) -> Load:
    size = ground.size
    return load.measure(running.url, [[request]], callers=CALLERS, warm_up=size.warm_up, seconds=size.seconds)


def _rate(loads: list[Load]) -> float:
    return median([one.rate for one in loads])


def _percentiles(loads: list[Load]) -> str:
    """Of all rounds together."""
    return percentiles([milliseconds for one in loads for milliseconds in one.milliseconds])
