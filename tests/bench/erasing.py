"""Erasing a person, among a million registrations, codes and a week's record of published events."""

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from tests.bench.crowds import campaign_of, fan, registered
from tests.bench.eligibility import asking
from tests.bench.figures import Figure, median
from tests.bench.ground import Database, Ground, Raw, insert, new_codes

LIMIT_SECONDS: Final = 1.0
WARM_UP: Final = 2
EVENTS_AT_ONCE: Final = 100


def run(ground: Ground, console: Console) -> list[Figure]:
    """The last bench of these registrations: it takes some of them away."""
    database, eligible = registered(ground), ground.size.many_fans
    campaign = campaign_of(eligible)
    database.fill(campaign, new_codes(ground.size.codes))
    insert(database.entries.database["publishedEvents"], _published(campaign, eligible))
    times = []
    with asking(ground, database) as client:
        for number in range(WARM_UP + ground.size.queries):
            person = fan(number * 7)
            _assign(database, campaign, person)
            began = time.perf_counter()
            answer = client.post("/privacy/erasures", json={"userId": person}).json()
            times.append(time.perf_counter() - began)
            found, remaining = answer["found"], answer["remaining"]
            assert (found["entries"] > 0, found["codes"], found["published"]) == (True, 1, 1), answer
            assert not any(remaining.values()), answer
    slowest = max(times[WARM_UP:])
    console.print(f"  {eligible:,} entries and events: a person is erased in at most {slowest:.3f} s")
    return [
        Figure(
            work=f"erasure of one person, {eligible:,} entries and published events",
            measured=f"median {median(times[WARM_UP:]):.3f} s, max {slowest:.3f} s of {ground.size.queries}",
            ceiling="",
            outcome=f"max {slowest:.3f} s",
            target=f"< {LIMIT_SECONDS} s",
            met=slowest < LIMIT_SECONDS,
        )
    ]


def _published(campaign: str, fans: int) -> Iterator[Raw]:
    """One event a fan, as workers record them."""
    now = datetime.now(UTC)
    for first in range(0, fans, EVENTS_AT_ONCE):
        events = [
            {
                "id": secrets.token_hex(16),
                "type": "fangate.entry.created",
                "subject": f"{campaign}/{fan(number)}",
                "revision": 1,
            }
            for number in range(first, min(fans, first + EVENTS_AT_ONCE))
        ]
        yield {"publishedAt": now, "events": events}


def _assign(database: Database, campaign: str, person: str) -> None:
    given = {"status": "assigned", "assignedTo": person, "assignedAt": datetime.now(UTC)}
    database.codes.update_one({"campaignId": campaign, "status": "available"}, {"$set": given})
