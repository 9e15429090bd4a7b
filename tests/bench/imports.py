"""Importing a file through HTTP, beside the driver's own ``insert_many`` of the same documents."""

import time

from rich.console import Console

from tests.bench.figures import Figure, median
from tests.bench.ground import Database, Ground, documents, import_over_http, new_campaign, new_codes
from tests.support.servers.service import Service


def run(ground: Ground, console: Console) -> list[Figure]:
    """A round is a campaign: through HTTP, raw, and the same file through HTTP again. The first is the warm-up."""
    ours, theirs = ground.database(), ground.database()
    first, again, raw = [], [], []
    with ground.service(ours) as running:
        for number in range(1 + ground.size.rounds):
            codes = new_codes(ground.size.codes)
            campaign = new_campaign()
            ceiling = _insert_seconds(theirs, campaign, codes)
            key = ground.upload(campaign, codes)
            seconds = [_import_seconds(running, campaign, key, new) for new in (len(codes), 0)]
            console.print(f"  import {seconds[0]:.2f} s, again {seconds[1]:.2f} s, raw {ceiling:.2f} s")
            if number:
                first.append(seconds[0])
                again.append(seconds[1])
                raw.append(ceiling)
    return _figures(ground.size.codes, median(first), median(again), median(raw))


def _figures(codes: int, first: float, again: float, raw: float) -> list[Figure]:
    return [
        Figure(
            work=f"import of {codes:,} codes through HTTP, from S3 into mongod",
            measured=f"{codes / first:,.0f} codes/s",
            ceiling=f"raw insert_many: {codes / raw:,.0f} codes/s",
            outcome=f"{raw / first:.2f} x",
            target="≥ 0.7 x",
            met=raw / first >= 0.7,
        ),
        Figure(
            work="the same file again",
            measured=f"{codes / again:,.0f} codes/s",
            ceiling=f"the first time: {codes / first:,.0f} codes/s",
            outcome=f"{first / again:.2f} x",
            target="> 1 x",
            met=again < first,
        ),
    ]


def _insert_seconds(database: Database, campaign: str, codes: list[str]) -> float:
    wanted = documents(campaign, codes)
    began = time.perf_counter()
    database.insert(wanted)
    return time.perf_counter() - began


def _import_seconds(running: Service, campaign: str, key: str, inserted: int) -> float:
    began = time.perf_counter()
    report = import_over_http(running, campaign, key)
    seconds = time.perf_counter() - began
    assert report["inserted"] == inserted, report
    return seconds
