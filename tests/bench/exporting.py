"""Streaming all the eligible: the memory of the service, and how long the first line takes."""

import json
import time

import httpx2
from rich.console import Console

from tests.bench.crowds import campaign_of, registered
from tests.bench.figures import Figure
from tests.bench.ground import Database, Ground, client_of
from tests.bench.memory import LIMIT_MIB, peak_mib

FIRST_LINE_SECONDS = 1.0
NDJSON = {"Accept": "application/x-ndjson"}
ORDER = {"score": -1, "userId": 1}


def run(ground: Ground, console: Console) -> list[Figure]:
    database, few, many = registered(ground), ground.size.few_fans, ground.size.many_fans
    small, _, _ = _export(ground, database, few)
    console.print(f"  {few:,} fans: {small:.0f} MiB at most")
    large, first, whole = _export(ground, database, many)
    console.print(f"  {many:,} fans: {large:.0f} MiB at most, first line {first:.3f} s, all {whole:.1f} s")
    raw_first, raw = _raw_seconds(database, campaign_of(many))
    return [
        Figure(
            work=f"memory for the NDJSON export of {many:,} eligible fans",
            measured=f"{large:.0f} MiB, {many / whole:,.0f} fans/s",
            ceiling=f"{few:,} fans: {small:.0f} MiB; raw cursor: {many / raw:,.0f} fans/s",
            outcome=f"{large - small:+.0f} MiB",
            target=f"≤ +{LIMIT_MIB} MiB",
            met=large - small <= LIMIT_MIB,
        ),
        Figure(
            work="its first line",
            measured=f"{first:.3f} s",
            ceiling=f"raw cursor, first document: {raw_first:.3f} s",
            outcome=f"{first:.3f} s",
            target=f"≤ {FIRST_LINE_SECONDS} s",
            met=first <= FIRST_LINE_SECONDS,
        ),
    ]


def _export(ground: Ground, database: Database, eligible: int) -> tuple[float, float, float]:
    """Peak memory of a service of its own, seconds to the first line, seconds to the last."""
    campaign = campaign_of(eligible)
    with ground.service(database) as running, client_of(running) as client:
        began = time.perf_counter()
        with client.stream("GET", f"/{campaign}/entries/scoring", headers=NDJSON) as answer:
            first, lines, last = _read(answer, began)
        whole = time.perf_counter() - began
        assert json.loads(last) == {"end": True, "count": eligible}, last
        assert lines == eligible + 1, f"{lines} lines"
        return peak_mib(running), first, whole


def _read(answer: httpx2.Response, began: float) -> tuple[float, int, bytes]:
    """Seconds to the first line, the number of lines, and the last of them; nothing is kept."""
    first, lines, last = 0.0, 0, b""
    for chunk in answer.iter_bytes():
        lines += chunk.count(b"\n")
        first = first or (time.perf_counter() - began if lines else 0.0)
        last = (last + chunk)[-200:]
    return first, lines, last.rstrip(b"\n").rpartition(b"\n")[2]


def _raw_seconds(database: Database, campaign: str) -> tuple[float, float]:
    """To the first document and to the last, for the driver alone."""
    wanted = {
        "campaignId": campaign,
        "status": "confirmed",
        "selection": "none",
        "score": {"$gte": 0, "$lte": 100},
    }
    began = time.perf_counter()
    cursor = database.entries.find(wanted, {"userId": 1, "score": 1, "markets": 1}).sort(ORDER)
    next(cursor)
    first = time.perf_counter() - began
    for _ in cursor:
        pass
    return first, time.perf_counter() - began
