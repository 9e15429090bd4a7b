"""An SQS that is not made yet, is down, fails, loses answers, or takes only some of a batch."""

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.sqs.client import sqs_client
from adapters.sqs.provision import build_queues
from adapters.sqs.queue import SqsQueue
from domain.model.errors import Unavailable
from ports.messaging import Delivery, Depth, Lane, ScoreRetry
from tests.contracts.messaging.test_queues import a_job, jobs, take, take_all
from tests.support.servers.aws import ENVIRONMENT, environment
from tests.support.servers.faults import AwsProxy, Faults, aws_proxy
from tests.support.servers.neighbours import Neighbour, Reply, Request, neighbour
from tests.support.servers.ports import free_port

REGION = ENVIRONMENT["AWS_REGION"]
AT_ONCE = timedelta(0)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Any]:
    with environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": url}):
        async with sqs_client(REGION) as client:
            yield client


# Making it


async def attributes(client: Any, name: str) -> dict[str, str]:
    url = (await client.get_queue_url(QueueName=name))["QueueUrl"]
    answer: dict[str, str] = (await client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]))[
        "Attributes"
    ]
    return answer


async def test_both_queues_are_created_once_and_corrected_if_they_differ(sqs_url: str) -> None:
    name = f"scores-{uuid.uuid4().hex}"
    async with client_of(sqs_url) as client:
        assert await build_queues(name, attempts=3, region=REGION) == [
            f"{name}-dead",
            name,
            f"{name}-later",
        ]
        assert await build_queues(name, attempts=3, region=REGION) == []

        assert await build_queues(name, attempts=4, region=REGION) == [name, f"{name}-later"]
        found, dead = await attributes(client, name), await attributes(client, f"{name}-dead")

    policy = json.loads(found["RedrivePolicy"])
    assert (policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])) == (dead["QueueArn"], 4)
    assert (found["VisibilityTimeout"], found["ReceiveMessageWaitTimeSeconds"]) == ("60", "20")
    retention = [queue.get("MessageRetentionPeriod") for queue in (found, dead)]
    assert retention in (["1209600"] * 2, [None] * 2), "ElasticMQ keeps messages without a limit, and reports none"


async def test_a_queue_that_was_made_by_hand_is_put_right_and_keeps_its_messages(sqs_url: str) -> None:
    name = f"scores-{uuid.uuid4().hex}"
    async with client_of(sqs_url) as client:
        await client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "5"})
        queue = SqsQueue(client, name)
        await queue.send([a_job()])

        assert await build_queues(name, attempts=3, region=REGION) == [
            f"{name}-dead",
            name,
            f"{name}-later",
        ]

        assert (await take(queue)).job == a_job()
        assert await queue.depth() == Depth(waiting=1, dead=0)


async def test_a_missing_queue_is_unavailable_until_it_is_created(sqs_url: str) -> None:
    name = f"scores-{uuid.uuid4().hex}"
    async with client_of(sqs_url) as client:
        queue = SqsQueue(client, name)
        with capture_logs() as logged, pytest.raises(Unavailable) as refused:
            await queue.send([a_job()])
        assert refused.value.context == {"part": "queue"}
        assert "fangate migrate" in str(logged)

        await build_queues(name, attempts=3, region=REGION)

        await queue.send([a_job()])


async def test_without_the_second_queue_jobs_are_put_off_in_the_first(sqs_url: str) -> None:
    """As 0.1 left it, until fangate migrate has run."""
    name = f"scores-{uuid.uuid4().hex}"
    async with client_of(sqs_url) as client:
        await build_queues(name, attempts=3, region=REGION)
        await client.delete_queue(QueueUrl=(await client.get_queue_url(QueueName=f"{name}-later"))["QueueUrl"])
        queue = SqsQueue(client, name, attempts=3)
        await queue.send([a_job()])
        await queue.postpone([(await take(queue), AT_ONCE)])

        again = await take(queue)
        assert (again.attempt, again.lane) == (2, Lane.NEW)
        await queue.done([again])
        assert await queue.depth() == Depth(waiting=0, dead=0)


# Down


@pytest.fixture
async def nowhere() -> AsyncIterator[SqsQueue]:
    async with client_of(f"http://127.0.0.1:{free_port()}") as client:
        yield SqsQueue(client, "scores")


async def test_a_server_that_is_down_is_unavailable(nowhere: SqsQueue) -> None:
    delivery = Delivery(job=a_job(), receipt="x", attempt=1)
    for outcome in (
        nowhere.send([a_job()]),
        nowhere.receive(Lane.NEW, 10, AT_ONCE),
        nowhere.extend([delivery], timedelta(seconds=1)),
        nowhere.done([delivery]),
        nowhere.postpone([(delivery, AT_ONCE)]),
        nowhere.depth(),
    ):
        with pytest.raises(Unavailable):
            await outcome


async def test_a_server_that_is_down_when_the_queue_is_made_is_unavailable() -> None:
    nowhere = ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with environment(nowhere), pytest.raises(Unavailable):
        await build_queues("scores", attempts=3, region=REGION)


# Failing, and losing answers


@pytest.fixture
def proxy(sqs_url: str) -> Iterator[AwsProxy]:
    with aws_proxy(sqs_url) as running:
        yield running


@pytest.fixture
async def queue(proxy: AwsProxy) -> AsyncIterator[SqsQueue]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(client_of(proxy.url))
        name = f"scores-{uuid.uuid4().hex}"
        await build_queues(name, attempts=9, region=REGION)
        yield SqsQueue(client, name)


ALL = frozenset({"SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"})


async def test_a_queue_that_fails_is_unavailable_until_it_is_back(queue: SqsQueue, proxy: AwsProxy) -> None:
    proxy.faults = Faults(operations=ALL, errors=1)
    with pytest.raises(Unavailable):
        await queue.send([a_job()])
    with pytest.raises(Unavailable):
        await queue.receive(Lane.NEW, 10, AT_ONCE)

    proxy.faults = Faults()

    await queue.send([a_job()])
    assert (await take(queue)).job == a_job()


async def send_until_safe(queue: SqsQueue, all_of: list[ScoreRetry]) -> None:
    """As the relay does."""
    while True:
        with suppress(Unavailable):
            return await queue.send(all_of)


async def test_lost_answers_lose_no_job(queue: SqsQueue, proxy: AwsProxy) -> None:
    """A job that was sent twice comes twice. A job with a lost delivery comes again after its time-out."""
    proxy.faults = Faults(operations=frozenset({"SendMessageBatch"}), dropped=0.5)
    await send_until_safe(queue, jobs(40))
    assert proxy.done["dropped"]
    proxy.faults = Faults()

    taken = await take_all(queue, 40)
    while more := await queue.receive(Lane.NEW, 10, AT_ONCE):
        taken = [*taken, *more]

    assert {one.job.id for one in taken} == {job.id for job in jobs(40)}


async def test_a_failed_call_is_unavailable_and_can_be_repeated(queue: SqsQueue, proxy: AwsProxy) -> None:
    await queue.send([a_job()])
    delivery = await take(queue)
    proxy.faults = Faults(operations=ALL, errors=1)
    for saying in (queue.done, lambda one: queue.postpone([(one[0], AT_ONCE)])):
        with pytest.raises(Unavailable):
            await saying([delivery])
    proxy.faults = Faults()

    await queue.done([delivery])

    assert await queue.depth() == Depth(waiting=0, dead=0)


# Refusing some of a batch, with status 200


class Partial:
    """Refuses each job as often as ``refuses`` has it, and then takes the job."""

    def __init__(self, refuses: dict[str, int]) -> None:
        self.refuses = dict(refuses)
        self.taken: list[str] = []
        self.calls: list[int] = []

    def __call__(self, request: Request) -> Reply:
        body = request.json()
        if "QueueName" in body:
            return Reply(200, {"QueueUrl": "http://127.0.0.1/000000000000/scores"})
        self.calls.append(len(body["Entries"]))
        successful, failed = [], []
        for entry in body["Entries"]:
            if self._takes(entry["MessageBody"]):
                successful.append({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"})
            else:
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError", "Message": "?"})
        return Reply(200, {"Successful": successful, "Failed": failed})

    def _takes(self, body: str) -> bool:
        job = next((job for job in self.refuses if f'"{job}"' in body), None)
        if job is not None and self.refuses[job] > 0:
            self.refuses[job] -= 1
            return False
        self.taken.append(body)
        return True


@pytest.fixture
def half_deaf() -> Iterator[tuple[Partial, Neighbour]]:
    script = Partial({"job-2": 1, "job-7": 2})
    with neighbour(script) as running:
        yield script, running


async def test_only_refused_jobs_are_sent_again(half_deaf: tuple[Partial, Neighbour]) -> None:
    script, server = half_deaf
    async with client_of(server.url) as client:
        await SqsQueue(client, "scores").send(jobs(12))

    assert script.calls == [10, 2, 1, 2]
    assert len(script.taken) == len(set(script.taken)) == 12


async def test_a_job_that_is_always_refused_is_unavailable(half_deaf: tuple[Partial, Neighbour]) -> None:
    script, server = half_deaf
    script.refuses["job-3"] = 99
    async with client_of(server.url) as client:
        with capture_logs() as logged, pytest.raises(Unavailable):
            await SqsQueue(client, "scores").send(jobs(5))

    assert script.calls == [5, 2, 1, 1]
    assert [line["reason"] for line in logged] == ["refused: InternalError"]
