"""The histogram of scores, under the limit of eligibility, and beside the eligibility of the same filters."""

import time

from rich.console import Console

from tests.bench.crowds import campaign_of, registered
from tests.bench.eligibility import LIMIT_SECONDS, WARM_UP, asking, some_filters
from tests.bench.figures import Figure, median, percentile
from tests.bench.ground import Ground

BINS = 20


def run(ground: Ground, console: Console) -> list[Figure]:
    """Both asked in turn. The bins must add up to the eligible fans."""
    database, eligible = registered(ground), ground.size.many_fans
    campaign = campaign_of(eligible)
    bins: list[float] = []
    whole: list[float] = []
    with asking(ground, database) as client:
        for _ in range(WARM_UP + ground.size.queries):
            filters = some_filters()
            began = time.perf_counter()
            found = client.get(f"/{campaign}/entries/scoring/histogram", params={**filters, "bins": BINS}).json()
            bins.append(time.perf_counter() - began)
            began = time.perf_counter()
            counted = client.get(f"/{campaign}/entries/eligibility", params=filters).json()
            whole.append(time.perf_counter() - began)
            assert sum(one["eligible"] for one in found["bins"]) == counted["eligible"], filters
    ours, theirs, limit = bins[WARM_UP:], median(whole[WARM_UP:]), LIMIT_SECONDS["many_fans"]
    console.print(f"  {eligible:,} eligible: histogram {median(ours):.3f} s, eligibility {theirs:.3f} s")
    return [
        Figure(
            work=f"histogram of {BINS} bins with all filters, {eligible:,} eligible fans",
            measured=f"median {median(ours):.3f} s, p95 {percentile(ours, 95):.3f} s",
            ceiling=f"eligibility of the same filters: median {theirs:.3f} s",
            outcome=f"p95 {percentile(ours, 95):.3f} s, {median(ours) / theirs:.1f} times eligibility",
            target=f"p95 < {limit} s, as eligibility",
            met=percentile(ours, 95) < limit,
        )
    ]
