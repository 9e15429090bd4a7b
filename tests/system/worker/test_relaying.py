"""``fangate worker`` passing messages on, between a real database and a Kafka that can be told to fail."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.mongo.store import MongoStore, mongo_store
from domain.model.audit.records import AuditFilter
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import BackgroundTask, Details, Entry, EntryEvent
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from tests.support.commands import fangate
from tests.support.registrations import NOON
from tests.support.servers.kafka import BROKERS, MockCluster
from tests.support.servers.reading import first_of_each, read_kafka
from tests.support.servers.worker import worker
from tests.support.waiting import eventually

TOUR = CampaignId("tour")
LEASE_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
LARGE = "x" * 1_100_000


@dataclass(frozen=True, slots=True)
class Place:
    """A database, a topic, and the settings of workers between them."""

    store: MongoStore
    url: str
    kafka: MockCluster
    topic: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "FANGATE_STORE": self.url,
            "FANGATE_STREAM": f"kafka://{self.kafka.servers}/{self.topic}",
            "FANGATE_RELAY_LEASE": str(LEASE_SECONDS),
        }

    async def registers(self, user: str, *tasks: BackgroundTask, note: str = "") -> None:
        details = Details(
            phone=PhoneNumber(f"+1212{int(uuid.uuid4()) % 10**7:07}"),
            markets=(MarketId("nyc"),),
            attributes={"note": note},
        )
        entry = Entry.register(TOUR, UserId(user), details, NOON).with_event(EntryEvent.CREATED, NOON, *tasks)
        await self.store.entries.change(TOUR, entry.user_id, lambda _: entry)

    async def changes(self, user: str, times: int = 1) -> None:
        for _ in range(times):
            await self.store.entries.change(TOUR, UserId(user), _updated)

    async def revisions(self) -> dict[str, list[int]]:
        """As a consumer sees them, who drops what it has seen."""
        records = await read_kafka(self.kafka.servers, self.topic)
        of_id = {record.id: record.event["data"]["revision"] for record in records}
        return {key: [of_id[id] for id in ids] for key, ids in first_of_each(records).items()}

    async def until_published(self, expected: Mapping[str, Sequence[int]]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := await self.revisions()) != expected:
                await asyncio.sleep(0.2)
        assert found == expected

    async def waits_for(self, user: str, *messages: EntryEvent | BackgroundTask) -> bool:
        """Are these its messages? The log does not tell: a pass that is cut short at the end of a short lease has
        passed them on without a line."""
        waiting = (await self.store.outbox.of_entry(TOUR, UserId(user))).waiting
        return {message.about for message in waiting} == {*messages}

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await holds():
                await asyncio.sleep(0.05)


def _updated(entry: Entry | None) -> Entry:
    assert entry is not None
    return entry.with_event(EntryEvent.UPDATED, NOON)


@pytest.fixture
async def place(database_url: str, failing_kafka: MockCluster) -> AsyncIterator[Place]:
    topic = uuid.uuid4().hex
    failing_kafka.create_topic(topic)
    async with mongo_store(database_url) as store:
        await store.migrate()
        yield Place(store, database_url, failing_kafka, topic)


async def test_what_changes_left_is_published_in_order(place: Place) -> None:
    await place.registers("ann")
    await place.changes("ann", 4)
    with worker(place.settings) as running:
        await place.registers("bob")
        await place.until_published({"tour:ann": [1, 2, 3, 4, 5], "tour:bob": [1]})
        assert running.stop() == 0


async def test_who_dies_is_succeeded_and_nothing_is_lost(place: Place) -> None:
    """Killed between publishing and saying so: it is published again, under the same id."""
    with worker(place.settings) as first, worker(place.settings) as second:
        for number in range(200):
            await place.registers(f"fan-{number:03}")
            if number == 100:
                first.kill()
        await place.until_published({f"tour:fan-{number:03}": [1] for number in range(200)})
        assert second.stop() == 0


async def test_a_poison_event_is_parked_listed_and_replayed(place: Place) -> None:
    """Larger than the broker takes. The others go on meanwhile, the same entry's later one after it."""
    await place.registers("poison", note=LARGE)
    await place.registers("ann")
    with worker(place.settings) as running:
        await place.until_published({"tour:ann": [1]})
        await place.store.entries.change(TOUR, UserId("poison"), _without_note)
        await place.until_published({"tour:ann": [1], "tour:poison": [2]})

        (parked,) = _parked(place, "--campaign", TOUR)
        assert (parked["subject"], parked["revision"], parked["attempts"]) == ("tour/poison", 1, 5)
        assert parked["type"] == "fangate.entry.created"
        assert parked["reason"] == "too large"
        assert "xxx" not in json.dumps(parked)
        assert _parked(place, "--campaign", "another") == []

        answer = fangate("events", "retry", parked["id"], settings=place.settings)
        assert (answer.returncode, answer.stdout) == (0, "put back 1\n")
        assert _parked(place) == []
        again = fangate("events", "retry", parked["id"], settings=place.settings)
        assert (again.returncode, again.stdout) == (1, "put back 0\n")
        found = await place.store.audit.page(AuditFilter(operation="retryParked"), after=None, limit=10)
        assert [row.result["putBack"] for row in found] == [0, 1]
        assert found[1].result["messageIds"] == (parked["id"],)
        assert found[1].by.startswith("cli:")
        assert parked["id"] in again.stderr
        assert running.stop() == 0


def _without_note(entry: Entry | None) -> Entry:
    assert entry is not None
    details = Details(phone=entry.details.phone, markets=entry.details.markets)
    return entry.revise(details).with_event(EntryEvent.UPDATED, NOON)


def _parked(place: Place, *arguments: str) -> list[Any]:
    answer = fangate("events", "parked", "--json", *arguments, settings=place.settings)
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


async def test_a_broker_that_is_down_delays_neither_background_tasks_nor_the_end(place: Place) -> None:
    place.kafka.set_down(*BROKERS)
    with worker(place.settings) as running:
        await place.registers("ann", BackgroundTask.RETRY_FANSCORE)
        await place.until(lambda: place.waits_for("ann", EntryEvent.CREATED))
        eventually(running.logged, lambda text: "relay.hindered" in text)

        given_up = running.logged().count("relay.hindered")
        assert running.stop() == 0
        assert running.logged().count("relay.hindered") == given_up, "it does not wait for a broker"
        assert "events" not in _relayed(running.logged())

    place.kafka.heal()
    with worker(place.settings) as running:
        await place.until_published({"tour:ann": [1]})
        assert running.stop() == 0


def _relayed(logged: str) -> set[str]:
    lines = [json.loads(line) for line in logged.splitlines()]
    return {line["way"] for line in lines if line["event"] == "messages.relayed"}


async def test_a_lease_is_given_back_at_the_end(place: Place) -> None:
    """The next worker need not wait until the lease is over."""
    hour = place.settings | {"FANGATE_RELAY_LEASE": "3600"}
    with worker(hour) as first:
        await place.registers("ann")
        await place.until_published({"tour:ann": [1]})
        assert first.stop() == 0
    await place.changes("ann")
    with worker(hour) as second:
        await place.until_published({"tour:ann": [1, 2]})
        assert second.stop() == 0


async def test_published_events_are_remembered_without_their_content(place: Place) -> None:
    await place.registers("ann")
    with worker(place.settings) as running:
        await place.until_published({"tour:ann": [1]})
        assert running.stop() == 0

    (row,) = await place.store.database["publishedEvents"].find().to_list(None)
    assert row.keys() == {"_id", "publishedAt", "events"}
    (event,) = row["events"]
    assert event.keys() == {"id", "type", "subject", "revision"}
    assert (event["type"], event["subject"], event["revision"]) == ("fangate.entry.created", "tour/ann", 1)


def test_a_worker_with_a_memory_stream_says_that_no_process_reads_it(database_url: str) -> None:
    with worker({"FANGATE_STORE": database_url}) as running:
        warned = [line for line in running.lines() if line["event"] == "stream.read_by_nobody"]
        assert [line["level"] for line in warned] == ["warning"]
        assert running.stop() == 0
