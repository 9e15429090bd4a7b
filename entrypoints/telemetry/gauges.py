"""Gauges for monitoring, read from the store and the queue: how many codes there are, how long the oldest event
waits.

They are the same in every process, so any process can be scraped. A scrape that finds a value too old has it read
again in the background, so that scrapes are cheap and never hang. A value that cannot be read is left out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar

import structlog
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from domain.model.codes.code import CodeType
from domain.model.codes.inventory import StatusCounts
from domain.model.errors import DomainError
from domain.model.ids import CampaignId
from domain.model.messaging.relaying import Standing
from entrypoints.application import Application
from ports.codes import CodeCatalogue
from ports.messaging import Depth
from ports.system import Clock

T = TypeVar("T")

FRESH_SECONDS: Final = 10.0
INVENTORY_FRESH_SECONDS: Final = 60.0
SHARE: Final = 20
"""Counting a million codes takes 0.2 s: it may take at most a twentieth of the time."""
STALE: Final = 6
"""A value is not shown when it is this many times older than a fresh value may be."""
PATIENCE_SECONDS: Final = 1.0
"""How long a scrape waits for a value that is not there yet."""
CAMPAIGNS: Final = 200
"""The most campaigns that are counted: each has time series of its own."""

Inventory = Mapping[CampaignId, Mapping[CodeType, StatusCounts]]

log = structlog.get_logger()


class CachedAnswer(Generic[T]):
    """The last answer to one question."""

    def __init__(self, ask: Callable[[], Awaitable[T]], fresh_seconds: float) -> None:
        self._ask = ask
        self._least = self._fresh = fresh_seconds
        self._answer: T | None = None
        self._answered = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def answer(self) -> T | None:
        """None if the last answer is too old."""
        if self._age() > self._fresh:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask_again())
            if self._age() > STALE * self._fresh:
                await asyncio.wait([self._asking], timeout=PATIENCE_SECONDS)
        return self._answer if self._age() <= STALE * self._fresh else None

    async def _ask_again(self) -> None:
        began = _now()
        try:
            self._answer = await self._ask()
        except DomainError as error:
            log.warning("metrics.not_answered", code=error.code, **error.context)
            return
        self._answered = _now()
        self._fresh = max(self._least, SHARE * (self._answered - began))

    def _age(self) -> float:
        return _now() - self._answered

    async def stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])


class Gauges:
    def __init__(self, app: Application) -> None:
        self._clock = app.clock
        self._inventory = CachedAnswer(lambda: _count(app.codes.catalogue, app.clock), INVENTORY_FRESH_SECONDS)
        self._standing = CachedAnswer(app.messaging.outbox.standing, FRESH_SECONDS)
        self._depth = CachedAnswer(app.messaging.queue.depth, FRESH_SECONDS)

    async def metrics(self) -> Sequence[Metric]:
        """The values that are known, as metrics of Prometheus."""
        inventory, standing, depth = await asyncio.gather(
            self._inventory.answer(), self._standing.answer(), self._depth.answer()
        )
        return [
            *(_codes(inventory) if inventory is not None else ()),
            *(_outbox(standing, self._clock.now()) if standing is not None else ()),
            *(_queue(depth) if depth is not None else ()),
        ]

    async def stop(self) -> None:
        for cached in (self._inventory, self._standing, self._depth):
            await cached.stop()


async def _count(catalogue: CodeCatalogue, clock: Clock) -> Inventory:
    """One campaign after another, so that other requests do not wait."""
    campaigns = await catalogue.campaigns(CAMPAIGNS)
    return {campaign: await catalogue.count(campaign, clock.now()) for campaign in campaigns}


def _codes(inventory: Inventory) -> Sequence[Metric]:
    codes = GaugeMetricFamily("fangate_codes", "Codes", labels=["campaign_id", "type", "state"])
    for campaign_id, types in inventory.items():
        for type, counts in types.items():
            if not counts.total:
                continue
            for state in ("available", "reserved", "assigned"):
                codes.add_metric([campaign_id, type.value, state], getattr(counts, state))
    return [codes]


def _outbox(standing: Standing, now: datetime) -> Sequence[Metric]:
    waited = (now - standing.oldest_event).total_seconds() if standing.oldest_event else 0.0
    return [
        _gauge(
            "fangate_outbox_oldest_age_seconds", "How long the oldest unpublished event waits", max(0.0, waited)
        ),
        _gauge("fangate_outbox_waiting_entries", "Entries with unpublished events", standing.waiting),
        _gauge("fangate_outbox_parked_events", "Messages moved aside after their attempts", standing.parked),
    ]


def _queue(depth: Depth) -> Sequence[Metric]:
    return [
        _gauge("fangate_queue_depth", "Score retries: due, put off or in flight", depth.waiting),
        _gauge("fangate_queue_dead_letters", "Score retries given up", depth.dead),
    ]


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=value)


def _now() -> float:
    return asyncio.get_running_loop().time()
