"""Fifty persons are erased over HTTP while everything else happens to them, and workers are killed."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
import httpx2

from adapters.sqs.client import later_of
from domain.model.messaging.messages import PERSONAL
from tests.support.commands import fangate
from tests.support.fresh import new_phone
from tests.support.servers.kafka import MockCluster
from tests.support.servers.neighbours import Reply, Request
from tests.support.servers.reading import Published, read_kafka
from tests.support.servers.worker import worker
from tests.support.tokens import bearer
from tests.support.world import World
from tests.system.messaging.crowd import NOT_NOW, insist
from tests.system.messaging.trouble import workers_die
from tests.system.registrations.stage import Fan, Stage, a_stage, ok

PERSONS: Final = 50
LOOPS, ROUNDS = 8, 10
SEED: Final = 11
RARE: Final = "rare-value-of-the-storm"
SCORED: Final = 1 / 3
"""So often fanscore is known at once. Otherwise a worker asks again, by a job in SQS."""
LIMITS: Final = {
    "FANGATE_SMS_PER_HOUR": "1000",
    "FANGATE_SMS_PER_DAY": "1000",
    "FANGATE_SMS_PER_FAN": "1000",
    "FANGATE_RELAY_LEASE": "1",
    "FANGATE_SCORE_ATTEMPTS": "2",
}
DRAINED_SECONDS: Final = 90.0
"""A job that a killed worker had in its hands is seen again after half a minute."""
LOOK_SECONDS: Final = 0.2
TYPE: Final = "fangate.entry."
MAY_BE_REFUSED: Final = {404, 409, 410, 422, 429, NOT_NOW}


@dataclass(frozen=True, slots=True)
class Person:
    fan: Fan
    phone: str
    vouched: bool


class Storm:
    """What happens to the persons, again and again, in any order."""

    def __init__(self, stage: Stage, campaign: str) -> None:
        self.stage, self.campaign = stage, campaign
        self._dice = random.Random(SEED)
        self.persons = [Person(stage.fan(campaign), new_phone(), number % 2 == 0) for number in range(PERSONS)]
        for person in self.persons:
            if person.vouched:
                stage.world.vouch(person.fan.id, person.phone)
        self.answered: dict[str, int] = {}

    @property
    def _ids(self) -> list[str]:
        return [person.fan.id for person in self.persons]

    async def begin(self) -> None:
        await asyncio.gather(*(self._register(person) for person in self.persons))

    async def rage(self) -> None:
        await asyncio.gather(*(self._loop() for _ in range(LOOPS)))

    async def _loop(self) -> None:
        for _ in range(ROUNDS):
            await self._dice.choice(self._happenings)(self._dice.choice(self.persons))

    @property
    def _happenings(self) -> list[Callable[[Person], Awaitable[None]]]:
        return [self._register, self._register, self._confirm, self._transfer, self._select, self._score]

    async def _register(self, person: Person) -> None:
        rare = {"rare": f"{RARE} {self._dice.random()}"}
        await self._answer(person.fan.register(person.phone, ["nyc", "bos"], firstName=RARE, attributes=rare))

    async def _confirm(self, person: Person) -> None:
        answer = await person.fan.register(person.phone, ["nyc"])
        asked = answer.json().get("confirmation") if answer.is_success else None
        if asked and asked["token"] and self.stage.world.texts.count(person.phone):
            code = self.stage.world.texts.code(person.phone)
            await self._answer(person.fan.confirm(asked["token"], code))

    async def _transfer(self, _: Person) -> None:
        await self._staff("transfer", {"from": "nyc", "to": self._dice.choice(["bos", "lax"])})

    async def _select(self, _: Person) -> None:
        await self._staff(
            "selection", {"userIds": self._ids, "selection": self._dice.choice(["selected", "none"])}
        )

    async def _score(self, _: Person) -> None:
        records = [{"userId": id, "score": self._dice.randrange(100)} for id in self._ids]
        await self._staff("scoring", {"records": records})

    async def _staff(self, path: str, body: Any) -> None:
        await self._answer(self.stage.post(self.campaign, f"entries/{path}", body))

    async def _answer(self, asked: Awaitable[httpx2.Response]) -> None:
        answer = await asked
        assert answer.is_success or answer.status_code in MAY_BE_REFUSED, answer.text
        self.answered[str(answer.status_code)] = self.answered.get(str(answer.status_code), 0) + 1

    async def erase(self) -> list[Any]:
        """All persons at once."""
        return await asyncio.gather(*(self._erase(id) for id in self._ids))

    async def _erase(self, id: str, **more: Any) -> Any:
        body = {"userId": id} | more
        client = self.stage.client
        return ok(await insist(lambda: client.post("/privacy/erasures", json=body, headers=bearer("officer"))))

    async def counted(self) -> tuple[int, int]:
        counts = await self.stage.got(self.campaign, "entries/count")
        return counts["total"], counts["withdrawn"]

    def waiting(self) -> int:
        return self.stage.stored.count_documents({"outbox.0": {"$exists": True}})

    async def held(self) -> dict[str, dict[str, int]]:
        """What is still found of each."""
        looked = await asyncio.gather(*(self._erase(id, dryRun=True) for id in self._ids))
        found = {one["userId"]: one["found"] | {"notices": one["notices"]} for one in looked}
        some = {id: {place: count for place, count in of.items() if count} for id, of in found.items()}
        return {id: places for id, places in some.items() if places}


def sometimes_scored(_: Request) -> Reply:
    return Reply(200, {"value": 0.82}) if random.random() < SCORED else Reply(202)


@asynccontextmanager
async def a_storm(world: World, settings: Mapping[str, str], store: str) -> AsyncIterator[Storm]:
    world.fanscore.say(sometimes_scored)
    async with AsyncExitStack() as stack:
        stack.callback(world.be_well)
        stage = await stack.enter_async_context(a_stage(world, store, settings))
        storm = Storm(stage, world.open_campaign())
        await storm.begin()
        yield storm


async def test_fifty_erasures_over_http_while_workers_are_killed(
    world: World, database_url: str, aws_environment: dict[str, str], failing_kafka: MockCluster, name: str
) -> None:
    failing_kafka.create_topic(name)
    settings = {
        **world.settings, **LIMITS, **aws_environment,
        "FANGATE_STORE": database_url,
        "FANGATE_QUEUE": f"sqs://{name}",
        "FANGATE_STREAM": f"kafka://{failing_kafka.servers}/{name}",
    }  # fmt: skip
    assert fangate("migrate", settings=settings).returncode == 0
    async with a_storm(world, settings, database_url) as storm:
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            dying = [group.create_task(workers_die(settings, enough, seed)) for seed in range(2)]
            await storm.rage()
            await asyncio.gather(storm.rage(), storm.erase())
            enough.set()
        # Persons who registered in the storm, after their erasure, are erased anew.
        erased = await storm.erase()
        await asyncio.to_thread(drain, storm, settings, name)

        assert [one["remaining"] for one in erased if any(one["remaining"].values())] == []
        assert min(task.result() for task in dying) >= 1
        assert await storm.counted() == (0, 0)
        assert await storm.held() == {}
        assert_no_trace(storm)
        assert_in_order(storm, await read_kafka(failing_kafka.servers, name))
        assert storm.answered["200"] > PERSONS, storm.answered


async def test_fifty_erasures_over_http_in_memory(world: World, database_url: str) -> None:
    """No other process reads that store: its documents are looked through in tests/contracts/privacy."""
    async with a_storm(world, LIMITS | {"FANGATE_STORE": "memory:"}, database_url) as storm:
        await asyncio.gather(storm.rage(), storm.erase())

        erased = await storm.erase()

        assert [one["remaining"] for one in erased if any(one["remaining"].values())] == []
        assert (await storm.counted())[0] == 0


def drain(storm: Storm, settings: Mapping[str, str], queue: str) -> None:
    """One worker passes on what is left, and drops the jobs that meet nothing.

    Jobs that a killed worker had in its hands come again after a minute; they are jobs like the others.
    """
    deadline = time.monotonic() + DRAINED_SECONDS
    with worker(settings) as last, jobs_of(settings, queue) as jobs:
        while (left := storm.waiting(), jobs()) != (0, 0):
            assert time.monotonic() < deadline, f"never passed on: {left}, {last.logged()[-2_000:]}"
            time.sleep(LOOK_SECONDS)
        assert last.stop() == 0
        assert "Traceback" not in last.logged()


@contextmanager
def jobs_of(settings: Mapping[str, str], queue: str) -> Iterator[Callable[[], int]]:
    """How many jobs a worker could have now, or later."""
    names = {"endpoint_url": "AWS_ENDPOINT_URL", "region_name": "AWS_REGION"} | {
        name: name.upper() for name in ("aws_access_key_id", "aws_secret_access_key")
    }
    sqs = boto3.client("sqs", **{name: settings[variable] for name, variable in names.items()})

    def count() -> int:
        total = 0
        for name in (queue, later_of(queue)):
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            total += sum(int(found[f"ApproximateNumberOfMessages{which}"]) for which in ("", "Delayed"))
        return total

    try:
        yield count
    finally:
        sqs.close()


def assert_no_trace(storm: Storm) -> None:
    """In no document of any collection."""
    database = storm.stage.stored.database
    names = [name for name in database.list_collection_names() if not name.startswith("system.")]
    assert "audit" in names
    for name in names:
        text = "\n".join(repr(document) for document in database[name].find())
        traces = [
            one for person in storm.persons for one in (f"{person.fan.id}'", person.phone[1:]) if one in text
        ]
        assert (name, traces, RARE in text) == (name, [], False)
    assert "erased:" in repr(list(database["audit"].find()))


def assert_in_order(storm: Storm, published: Sequence[Published]) -> None:
    """The first copies of each person's events: no gap before the erasure, and nothing personal behind it, until
    the person registers again."""
    first: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for record in published:
        first[record.key].setdefault(record.id, record.event)
    assert first.keys() == {f"{storm.campaign}:{person.fan.id}" for person in storm.persons}
    for events in first.values():
        last, gone = 0, True
        for event in events.values():
            revision, about = event["data"]["revision"], event["type"].removeprefix(TYPE)
            assert revision == last + 1 or (gone and revision == 1), (last, event)
            last = revision
            gone = about == "erased" or (gone and about != "created")
            assert not gone or not PERSONAL & event["data"].keys(), event
        assert gone, "the last event is that of the erasure"
