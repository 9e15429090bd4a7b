"""Relaying stored events to Kafka, beside aiokafka alone; and how soon after the answer an event is published."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
from aiokafka import AIOKafkaConsumer
from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from domain.model.cloud_events import outgoing
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.messages import NO_REQUEST, messages_of
from domain.model.registrations.entry import Entry, EntryEvent
from tests.bench import raw_kafka
from tests.bench.crowds import confirmed, fan, next_phone
from tests.bench.figures import Figure, median, percentile, percentiles
from tests.bench.ground import Ground, insert, new_campaign
from tests.bench.neighbours import MARKETS, neighbours
from tests.bench.processor import cpu_seconds
from tests.bench.spending import mongod
from tests.bench.spending import seconds as seconds_of
from tests.support.servers import backends
from tests.support.servers.service import Service
from tests.support.servers.worker import Worker, worker
from tests.support.tokens import bearer

SHARE = 0.5
A_SECOND = 100
"""How many registrations are made while the delay of publishing is measured."""
WARM_UP_SECONDS = 3.0
SOON_MS = 1_000
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.05
TOPIC = "bench"


class Relayed(NamedTuple):
    """One round."""

    rate: float
    """Events a second."""
    worked: float
    """Microseconds of the worker's processor for an event."""
    stored: float
    """The same of mongod."""

    @property
    def summary(self) -> str:
        return f"{self.rate:,.0f}/s, {self.worked:.0f} µs of the worker + mongod {self.stored:.0f} µs an event"


def relay(ground: Ground, console: Console) -> list[Figure]:
    """A round: everything raw, then everything through a worker, from a database of its own."""
    campaign, events = new_campaign(), ground.size.fans
    entries = [_entry_with_event(campaign, number) for number in range(events)]
    ours: list[Relayed] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "events"
        lines.write_bytes(b"\n".join(_line(entry) for entry in entries))
        for _ in range(ground.size.rounds // 2 + 1):
            with backends.kafka() as servers:
                theirs.append(events / raw_kafka.seconds(servers, TOPIC, lines))
            with backends.kafka() as servers:
                ours.append(_relayed(ground, entries, servers))
            console.print(f"  relay {ours[-1].summary}, raw {theirs[-1]:,.0f}/s")
    typical = Relayed(*(median(figures) for figures in zip(*ours, strict=True)))
    ratio = typical.rate / median(theirs)
    return [
        Figure(
            work=f"relay {events:,} stored events to Kafka, one worker",
            measured=typical.summary,
            ceiling=f"raw aiokafka, the same bytes: {median(theirs):,.0f}/s",
            outcome=f"{ratio:.2f} x",
            target=f"≥ {SHARE} x",
            met=ratio >= SHARE,
        )
    ]


def _entry_with_event(campaign: str, number: int) -> Entry:
    entry = confirmed(campaign, number)
    return entry.with_event(EntryEvent.CREATED, entry.updated_at)


def _line(entry: Entry) -> bytes:
    event = outgoing(messages_of(entry, NO_REQUEST)[0])
    return event.key.encode() + b"\t" + event.body


def _relayed(ground: Ground, entries: list[Entry], servers: str) -> Relayed:
    """From the first published event to the last: the start of the worker does not count."""
    database = ground.database()
    insert(database.entries, (new_document(entry) for entry in entries))
    ground.client.admin.command("fsync")  # What storing the entries left to write is not the relay's work.
    batches = database.entries.database["publishedEvents"]
    waiting = {"outboxSlot": {"$in": [*range(PARTITIONS)]}, "outboxAt": {"$exists": True}}
    with worker({"FANGATE_STORE": database.url, "FANGATE_STREAM": f"kafka://{servers}/{TOPIC}"}) as running:
        _wait_until(lambda: batches.estimated_document_count() > 0, running)
        before = cpu_seconds(running), seconds_of(mongod(ground))
        began, first = time.perf_counter(), database.entries.count_documents(waiting)
        _wait_until(lambda: database.entries.find_one(waiting, {"_id": 1}) is None, running)
        seconds = time.perf_counter() - began
        worked, stored = cpu_seconds(running) - before[0], seconds_of(mongod(ground)) - before[1]
        assert running.stop() == 0
    return Relayed(rate=first / seconds, worked=worked / first * 1e6, stored=stored / first * 1e6)


def _wait_until(true: Callable[[], bool], running: Worker) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not true():
        assert time.perf_counter() < deadline, running.logged()[-2_000:]
        time.sleep(POLL_SECONDS)


def latency(ground: Ground, console: Console) -> list[Figure]:
    """Fans who register at a steady rate, over HTTP; a consumer sees when each is in the stream."""
    milliseconds = asyncio.run(_latency(ground))
    console.print(f"  {percentiles(milliseconds)}")
    slow = percentile(milliseconds, 99)
    return [
        Figure(
            work=f"from the HTTP answer to the stream, {A_SECOND} registrations/s",
            measured=percentiles(milliseconds),
            ceiling="",
            outcome=f"p99 {slow:.0f} ms",
            target=f"p99 < {SOON_MS} ms",
            met=slow < SOON_MS,
        )
    ]


async def _latency(ground: Ground) -> list[float]:
    database, campaign = ground.database(), new_campaign()
    number = round(A_SECOND * (WARM_UP_SECONDS + ground.size.seconds))
    answered: dict[str, float] = {}
    seen: dict[str, float] = {}
    with (
        backends.kafka() as servers,
        neighbours() as settings,
        ground.service(database, neighbours=settings) as http,
    ):
        stream = {"FANGATE_STORE": database.url, "FANGATE_STREAM": f"kafka://{servers}/{TOPIC}"}
        with worker(settings | stream):
            async with _watching(servers, seen):
                await _register(http, campaign, number, answered)
                deadline = time.monotonic() + PATIENCE_SECONDS
                while len(seen) < number:
                    assert time.monotonic() < deadline, f"{len(seen)} of {number} were published"
                    await asyncio.sleep(POLL_SECONDS)
    measured = list(answered)[round(A_SECOND * WARM_UP_SECONDS) :]
    return [max(0.0, seen[f"{campaign}:{user}"] - answered[user]) * 1_000 for user in measured]


@asynccontextmanager
async def _watching(servers: str, seen: dict[str, float]) -> AsyncIterator[None]:
    """When the first event of each key could be read."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()

    async def watch() -> None:
        async for record in consumer:
            seen.setdefault(record.key.decode(), time.perf_counter())

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        await consumer.stop()


async def _register(running: Service, campaign: str, number: int, answered: dict[str, float]) -> None:
    """At a steady rate, independent of earlier requests."""
    async with (
        httpx2.AsyncClient(base_url=running.url, timeout=60, trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        began = asyncio.get_running_loop().time()
        for one in range(number):
            await asyncio.sleep(began + one / A_SECOND - asyncio.get_running_loop().time())
            group.create_task(_register_one(client, campaign, one, answered))


async def _register_one(
    client: httpx2.AsyncClient, campaign: str, number: int, answered: dict[str, float]
) -> None:
    body = {"phone": next_phone(), "markets": MARKETS[:2], "optIns": {"newsletter": True}}
    user = fan(number)
    answer = await client.post(f"/{campaign}/entries", json=body, headers=bearer(user, supreme=False))
    assert answer.status_code == 201, answer.text
    answered[user] = time.perf_counter()
