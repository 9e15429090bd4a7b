"""Who is eligible, and the breakdown of all registrations, beside the driver counting the same entries."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import permutations
from typing import Any, TypeVar

import httpx2
from rich.console import Console

from adapters.mongo.entries.choices import CHOICE, Chosen, choice_of
from tests.bench.crowds import DECIDED, campaign_of, registered
from tests.bench.figures import Figure, median, percentile
from tests.bench.ground import Database, Ground, Raw, client_of
from tests.bench.neighbours import MARKETS, neighbours

WARM_UP = 3
LIMIT_SECONDS = {"fans": 0.2, "many_fans": 2.0}
BREAKDOWN_LIMIT_SECONDS = 0.5

CHOICES = [choice_of(one) for length in range(1, 5) for one in permutations(MARKETS, length)]

Filters = Mapping[str, Any]
Given = TypeVar("Given")


def run(ground: Ground, console: Console) -> list[Figure]:
    """Every filter in use, other values each time."""
    figures = []
    for name, limit in LIMIT_SECONDS.items():
        eligible = getattr(ground.size, name)
        ours, raw = _ask_who_is_eligible(ground, eligible)
        slow = percentile(ours, 95)
        console.print(f"  {eligible:,} eligible: p95 {slow:.3f} s, at most {max(ours):.3f} s")
        figures.append(
            Figure(
                work=f"eligibility with all filters, {eligible:,} eligible fans",
                measured=f"median {median(ours):.3f} s, p95 {slow:.3f} s, max {max(ours):.3f} s of {len(ours)}",
                ceiling=f"count_documents of the same filters: median {median(raw):.3f} s",
                outcome=f"p95 {slow:.3f} s",
                target=f"< {limit} s",
                met=slow < limit,
            )
        )
    return figures


def run_breakdown(ground: Ground, console: Console) -> list[Figure]:
    database, campaign = registered(ground), campaign_of(ground.size.fans)
    everyone = {"campaignId": campaign}
    stored = database.entries.count_documents(everyone)
    path = f"/{campaign}/entries/count"
    with asking(ground, database) as client:
        answer = client.get(path).json()
        assert answer["total"] == sum(answer["byStatus"].values()) == stored, answer
        ours = [_timed(lambda: client.get(path).raise_for_status())[1] for _ in _rounds(ground)][WARM_UP:]
    raw = [_timed(lambda: database.entries.count_documents(everyone))[1] for _ in _rounds(ground)][WARM_UP:]
    console.print(f"  {stored:,} entries: breakdown {median(ours):.3f} s, at most {max(ours):.3f} s")
    return [
        Figure(
            work=f"breakdown by market, rank and status, {stored:,} entries",
            measured=f"median {median(ours):.3f} s, max {max(ours):.3f} s of {len(ours)}",
            ceiling=f"count_documents: median {median(raw):.3f} s",
            outcome=f"max {max(ours):.3f} s",
            target=f"< {BREAKDOWN_LIMIT_SECONDS} s",
            met=max(ours) < BREAKDOWN_LIMIT_SECONDS,
        )
    ]


def _ask_who_is_eligible(ground: Ground, eligible: int) -> tuple[list[float], list[float]]:
    """The times of the service, and of the driver for the total alone, alternating. Both must count the same."""
    database, campaign = registered(ground), campaign_of(eligible)
    ours: list[float] = []
    raw: list[float] = []
    path = f"/{campaign}/entries/eligibility"
    with asking(ground, database) as client:
        for _ in _rounds(ground):
            filters = some_filters()
            answered, seconds = _timed(lambda: client.get(path, params=filters).json()["eligible"])  # noqa: B023  # called at once
            ours.append(seconds)
            stored, seconds = _timed(lambda: _count(database, campaign, filters))  # noqa: B023  # called at once
            raw.append(seconds)
            assert answered == stored, f"answered {answered}, stored {stored}: {filters}"
    return ours[WARM_UP:], raw[WARM_UP:]


def _rounds(ground: Ground) -> range:
    return range(WARM_UP + 3 * ground.size.queries)


def some_filters() -> Filters:
    lowest = random.randint(0, 60)
    return {
        "minScore": lowest,
        "maxScore": random.randint(lowest + 20, 100),
        "market": random.sample(MARKETS, 2),
        "maxRank": random.randint(1, len(MARKETS)),
        "selection": ["none", random.choice(DECIDED).value],
    }


def _count(database: Database, campaign: str, filters: Filters) -> int:
    wanted: Raw = {
        "campaignId": campaign,
        "status": "confirmed",
        "selection": {"$in": filters["selection"]},
        "score": {"$gte": filters["minScore"], "$lte": filters["maxScore"]},
    }
    chosen = Chosen(markets=filters["market"], max_rank=filters["maxRank"])
    return database.entries.count_documents(wanted | {CHOICE: {"$in": list(filter(chosen.by, CHOICES))}})


@contextmanager
def asking(ground: Ground, database: Database) -> Iterator[httpx2.Client]:
    """Of a service beside the neighbours."""
    with (
        neighbours() as settings,
        ground.service(database, neighbours=settings) as running,
        client_of(running) as client,
    ):
        yield client


def _timed(work: Callable[[], Given]) -> tuple[Given, float]:
    """The result, and how long it took."""
    began = time.perf_counter()
    given = work()
    return given, time.perf_counter() - began
