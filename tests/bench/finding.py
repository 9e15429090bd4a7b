"""Staff look for a fan by phone, and at how registrations came in over time, among a million registrations."""

import random
import time

from rich.console import Console

from tests.bench.crowds import DAY, FIRST_DAY, SHARE_OF_OTHERS, campaign_of, fan, registered
from tests.bench.eligibility import asking
from tests.bench.figures import Figure, median, percentile
from tests.bench.ground import Ground

SEARCHES = 100
WARM_UP = 3
SEARCH_LIMIT_SECONDS = 0.020
TIMELINE_LIMIT_SECONDS = 1.0


def run(ground: Ground, console: Console) -> list[Figure]:
    database, eligible = registered(ground), ground.size.many_fans
    campaign, stored = campaign_of(eligible), eligible + eligible // SHARE_OF_OTHERS
    searches: list[float] = []
    raw: list[float] = []
    timelines: list[float] = []
    with asking(ground, database) as client:
        for _ in range(WARM_UP + SEARCHES):
            number = random.randrange(stored)
            phone = f"+1213{2_000_000 + number}"
            began = time.perf_counter()
            found = client.get(f"/{campaign}/entries", params={"phone": phone}).json()["entries"]
            searches.append(time.perf_counter() - began)
            assert [one["userId"] for one in found] == [fan(number)], found
            began = time.perf_counter()
            database.entries.find_one({"campaignId": campaign, "searchKeys": f"phone:{phone}"})
            raw.append(time.perf_counter() - began)
        asked = {"unit": "minute", "from": FIRST_DAY.isoformat(), "to": (FIRST_DAY + DAY).isoformat()}
        for _ in range(WARM_UP + ground.size.queries):
            began = time.perf_counter()
            points = client.get(f"/{campaign}/entries/timeline", params=asked).json()["points"]
            timelines.append(time.perf_counter() - began)
            assert sum(one["created"] for one in points) == stored
    slow, slowest = percentile(searches[WARM_UP:], 95), max(timelines[WARM_UP:])
    console.print(f"  {stored:,} entries: by phone p95 {slow:.4f} s; timeline at most {slowest:.3f} s")
    return [
        Figure(
            work=f"search by phone, {stored:,} entries",
            measured=f"median {median(searches[WARM_UP:]) * 1e3:.1f} ms, p95 {slow * 1e3:.1f} ms",
            ceiling=f"find_one by the key: median {median(raw[WARM_UP:]) * 1e3:.1f} ms",
            outcome=f"p95 {slow * 1e3:.1f} ms",
            target="p95 < 20 ms",
            met=slow < SEARCH_LIMIT_SECONDS,
        ),
        Figure(
            work=f"timeline of a day by minute, {stored:,} entries",
            measured=f"median {median(timelines[WARM_UP:]):.3f} s, max {slowest:.3f} s",
            ceiling="",
            outcome=f"max {slowest:.3f} s",
            target=f"< {TIMELINE_LIMIT_SECONDS} s",
            met=slowest < TIMELINE_LIMIT_SECONDS,
        ),
    ]
