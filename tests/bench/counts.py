"""Counting a campaign of a million codes over HTTP, beside the driver counting the same documents."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rich.console import Console

from tests.bench.figures import Figure, median
from tests.bench.ground import Database, Ground, client_of, new_campaign, new_codes

LIMIT_SECONDS = 0.5
SHARE = 2**31 // 10
"""A tenth of the values of ``random_key``."""


def run(ground: Ground, console: Console) -> list[Figure]:
    database = ground.many or _filled(ground)
    first = database.codes.find_one()
    assert first is not None
    campaign = first["campaignId"]
    _spread(database, campaign)
    with ground.service(database) as running, client_of(running) as client:
        total = client.get(f"/{campaign}/codes/count").json()["total"]
        assert total["total"] == ground.size.many, total
        ours = _times(ground, lambda: client.get(f"/{campaign}/codes/count").raise_for_status())
    raw = _times(ground, lambda: database.codes.count_documents({"campaignId": campaign, "type": "tm"}))
    console.print(f"  {total}: count {median(ours):.3f} s, at most {max(ours):.3f} s")
    return [
        Figure(
            work=f"count on a campaign of {ground.size.many:,} codes",
            measured=f"median {median(ours):.3f} s, max {max(ours):.3f} s of {len(ours)}",
            ceiling=f"count_documents: median {median(raw):.3f} s",
            outcome=f"max {max(ours):.3f} s",
            target=f"< {LIMIT_SECONDS} s",
            met=max(ours) < LIMIT_SECONDS,
        )
    ]


def _filled(ground: Ground) -> Database:
    ground.many = database = ground.database()
    database.fill(new_campaign(), new_codes(ground.size.many))
    return database


def _spread(database: Database, campaign: str) -> None:
    """Codes in every state: a tenth assigned, a tenth held, a tenth under a hold that has lapsed."""
    now = datetime.now(UTC)
    for tenth, status, expires_at in (
        (0, "assigned", now),
        (1, "reserved", now + timedelta(days=1)),
        (2, "reserved", now - timedelta(days=1)),
    ):
        hold = {"reserveId": "$code", "ordinal": 0, "count": 1, "reservedAt": now, "expiresAt": expires_at}
        owner = {"assignedTo": "$code", "assignedAt": now} if status == "assigned" else {}
        database.codes.update_many(
            {"campaignId": campaign, "slot": {"$gte": tenth * SHARE, "$lt": (tenth + 1) * SHARE}},
            [{"$set": {"status": status, "hold": hold} | owner}],
        )


def _times(ground: Ground, ask: Callable[[], object]) -> list[float]:
    times = []
    for number in range(2 + ground.size.queries):
        began = time.perf_counter()
        ask()
        if number >= 2:
            times.append(time.perf_counter() - began)
    return times
