"""What a page of the console costs the server, beside the API's own answers to the same questions, in the same
run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx2
from rich.console import Console

from tests.bench.crowds import campaign_of, registered
from tests.bench.figures import Figure
from tests.bench.ground import Ground, client_of, new_codes
from tests.bench.neighbours import neighbours
from tests.bench.processor import cpu_seconds, cpu_seconds_of
from tests.bench.spending import mongod
from tests.support.servers.service import Service

WARM_UP: Final = 2
PAGE_LIMIT: Final = 0.3
"""Seconds, of a page that loads its slow parts later."""
MORE_LIMIT: Final = 0.1
"""Seconds, of such a part beyond what the API needs for its answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page, or a part of one that comes later, and what the API is asked for it."""

    name: str
    path: str
    answers: Sequence[str] = ()
    """Empty: the page itself, which asks nothing that takes long."""
    part: bool = False
    """Asked for by a script, in the place of the page."""


FRAMES: Final = (
    Asked(name="campaigns", path="/console"),
    Asked(name="a campaign", path="/console/campaigns/{id}"),
    Asked(name="eligible", path="/console/campaigns/{id}/eligible"),
    Asked(name="codes", path="/console/campaigns/{id}/codes"),
    Asked(name="the fans", path="/console/campaigns/{id}/fans"),
    Asked(name="a list of codes", path="/console/campaigns/{id}/codes/list"),
    Asked(name="operations", path="/console/operations"),
)
PARTS: Final = (
    Asked(name="the table of campaigns", path="/console/table", answers=("/campaigns?limit=20",)),
    Asked(
        name="a campaign now",
        path="/console/campaigns/{id}/now",
        answers=("/{id}/entries/count", "/{id}/codes/count", "/operations", "/events/parked?campaignId={id}"),
    ),
    Asked(
        name="a campaign over time",
        path="/console/campaigns/{id}/over-time?unit=hour",
        answers=("/{id}/entries/timeline?unit=hour",),
    ),
    Asked(
        name="who is eligible",
        path="/console/campaigns/{id}/eligible?minScore=40",
        answers=(
            "/{id}/entries/eligibility?minScore=40",
            "/{id}/entries/scoring/histogram?bins=20",
            "/{id}/entries/scoring?minScore=40&limit=25",
        ),
        part=True,
    ),
    Asked(name="the counts of codes", path="/console/campaigns/{id}/codes/pools", answers=("/{id}/codes/count",)),
)


@dataclass(frozen=True, slots=True)
class _Meter:
    client: httpx2.Client
    service: Service
    mongod: int
    campaign: str
    rounds: int

    def spent(self, *paths: str, part: bool = False) -> float:
        """Seconds of the processor, of the service and of mongod, for all of these together."""
        before = 0.0
        for number in range(WARM_UP + self.rounds):
            if number == WARM_UP:
                before = self._now()
            for path in paths:
                headers = {"HX-Request": "true"} if part else {}
                answer = self.client.get(path.replace("{id}", self.campaign), headers=headers)
                assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:500]}"
        return (self._now() - before) / self.rounds

    def _now(self) -> float:
        return cpu_seconds(self.service) + (cpu_seconds_of(self.mongod) if self.mongod else 0.0)


def run(ground: Ground, console: Console) -> list[Figure]:
    database, campaign = registered(ground), campaign_of(ground.size.many_fans)
    if not database.codes.find_one({"campaignId": campaign}):
        database.fill(campaign, new_codes(ground.size.codes))
    stored = database.entries.count_documents({"campaignId": campaign})
    with (
        neighbours() as settings,
        ground.service(database, neighbours=settings) as running,
        client_of(running) as client,
    ):
        meter = _Meter(client, running, mongod(ground), campaign, ground.size.queries)
        pages = [meter.spent(one.path) for one in FRAMES]
        parts = [(meter.spent(one.path, part=one.part), meter.spent(*one.answers)) for one in PARTS]
    for asked, (page, api) in zip(PARTS, parts, strict=True):
        console.print(f"  {asked.name}: {page * 1e3:.0f} ms, the API {api * 1e3:.0f} ms")
    return [_frames(pages, stored), _parts(parts, stored)]


def _frames(pages: Sequence[float], stored: int) -> Figure:
    slowest = max(pages)
    each = ", ".join(f"{one.name} {spent * 1e3:.0f}" for one, spent in zip(FRAMES, pages, strict=True))
    return Figure(
        work=f"pages of the console, {stored:,} entries",
        measured=f"processor time of the service and mongod, ms: {each}",
        ceiling="",
        outcome=f"at most {slowest * 1e3:.0f} ms",
        target="< 300 ms",
        met=slowest < PAGE_LIMIT,
    )


def _parts(parts: Sequence[tuple[float, float]], stored: int) -> Figure:
    most = max(page - api for page, api in parts)
    each = ", ".join(
        f"{one.name} {page * 1e3:.0f} of {api * 1e3:.0f}" for one, (page, api) in zip(PARTS, parts, strict=True)
    )
    return Figure(
        work=f"parts of pages that come later, {stored:,} entries",
        measured=f"processor time, ms of the API's own: {each}",
        ceiling="the answers of the API",
        outcome=f"at most {most * 1e3:.0f} ms more",
        target="< 100 ms more",
        met=most < MORE_LIMIT,
    )
