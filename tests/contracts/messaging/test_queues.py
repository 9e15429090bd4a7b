"""What every Queue promises: at least once, in any order, as often as there are attempts. SQS is two emulators."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.memory.queues import MemoryQueue
from adapters.sqs.client import sqs_client
from adapters.sqs.provision import build_queues
from adapters.sqs.queue import SqsQueue
from domain.model.errors import Unavailable
from domain.model.ids import UserId
from domain.model.messaging.messages import RequestContext
from ports.messaging import CountedQueue, Delivery, Depth, Lane, ScoreRetry
from tests.support.registrations import ANN, TOUR
from tests.support.servers.aws import ENVIRONMENT, SQS, environment

ATTEMPTS = 3
AT_ONCE, SECOND = timedelta(0), timedelta(seconds=1)
A_WHILE = timedelta(seconds=10)
"""Longer than any test takes: a test that waits so long waits for something that does not come."""

LOOK_SECONDS = 0.2
"""Each look is a request for each lane, and keeps the emulator busy too."""

MakeQueue = Callable[[AsyncExitStack], Awaitable[tuple[str, Any]]]


@dataclass(frozen=True, slots=True)
class Subject:
    queue: CountedQueue
    dead: Callable[[], Awaitable[list[str]]]
    """The ids of the dead letters."""


@pytest.fixture(params=["memory", *SQS])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryQueue(attempts=ATTEMPTS)

            async def dead() -> list[str]:
                return [job.id for job in memory.dead]

            yield Subject(memory, dead)
        else:
            name, client = await make_queue(request.getfixturevalue(SQS[request.param]), stack)
            yield Subject(SqsQueue(client, name, attempts=ATTEMPTS), lambda: bodies_of(client, f"{name}-dead"))


@pytest.fixture
def queue(subject: Subject) -> CountedQueue:
    return subject.queue


@pytest.fixture
def sqs(sqs_url: str) -> MakeQueue:
    return partial(make_queue, sqs_url)


async def make_queue(url: str, stack: AsyncExitStack) -> tuple[str, Any]:
    """A queue of the test's own at the server ``url``, and a client."""
    stack.enter_context(environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": url}))
    region, name = ENVIRONMENT["AWS_REGION"], f"scores-{uuid.uuid4().hex}"
    await build_queues(name, attempts=ATTEMPTS, region=region)
    return name, await stack.enter_async_context(sqs_client(region))


async def bodies_of(client: Any, queue: str) -> list[str]:
    """The ids of the jobs in it. The jobs stay in it."""
    url = (await client.get_queue_url(QueueName=queue))["QueueUrl"]
    answer = await client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"])["id"] for message in answer.get("Messages", ())]


def a_job(id: str = "job-1") -> ScoreRetry:
    return ScoreRetry(id=id, campaign_id=TOUR, user_id=ANN)


def jobs(count: int) -> list[ScoreRetry]:
    return [a_job(f"job-{number}") for number in range(count)]


async def receive(queue: CountedQueue, limit: int, wait: timedelta) -> Sequence[Delivery]:
    """Of both lanes."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait.total_seconds()
    while True:
        for lane in Lane:
            if found := await queue.receive(lane, limit, AT_ONCE):
                return found
        if loop.time() >= deadline:
            return []
        await asyncio.sleep(LOOK_SECONDS)


async def take(queue: CountedQueue, wait: timedelta = A_WHILE) -> Delivery:
    """The next job: any one."""
    (delivery,) = await receive(queue, 1, wait)
    return delivery


async def take_all(queue: CountedQueue, count: int) -> Sequence[Delivery]:
    taken: list[Delivery] = []
    while len(taken) < count:
        more = await receive(queue, 10, A_WHILE)
        assert more, f"{count - len(taken)} jobs are missing"
        taken.extend(more)
    return taken


async def test_a_job_is_received_as_it_was_sent(queue: CountedQueue) -> None:
    request = RequestContext(request_id="request-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    job = ScoreRetry(id="job-1", campaign_id=TOUR, user_id=UserId("a|b@c.d:e"), request=request)
    await queue.send([job])

    delivery = await take(queue)

    assert (delivery.job, delivery.attempt) == (job, 1)


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25])
async def test_all_jobs_that_are_sent_are_received(queue: CountedQueue, count: int) -> None:
    await queue.send(jobs(count))

    taken = await take_all(queue, count)

    assert sorted(one.job.id for one in taken) == sorted(job.id for job in jobs(count))
    assert await receive(queue, 10, AT_ONCE) == []


async def test_never_more_jobs_are_received_than_the_limit(queue: CountedQueue) -> None:
    await queue.send(jobs(5))

    assert len(await receive(queue, 2, A_WHILE)) <= 2


async def test_receiving_from_an_empty_queue_ends_after_the_wait(queue: CountedQueue) -> None:
    for lane in Lane:
        assert await queue.receive(lane, 10, AT_ONCE) == []
        assert await queue.receive(lane, 10, SECOND) == []


async def test_a_waiting_receiver_gets_a_job_that_is_sent_meanwhile(queue: CountedQueue) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(queue.receive(Lane.NEW, 1, A_WHILE))
        await asyncio.sleep(0.1)
        await queue.send([a_job()])

    assert [delivery.job for delivery in waiting.result()] == [a_job()]


async def test_new_jobs_and_those_that_were_put_off_are_in_lanes_of_their_own(queue: CountedQueue) -> None:
    """A new job does not wait for old ones, however many are due."""
    await queue.send([a_job(f"old-{number}") for number in range(25)])
    old = await take_all(queue, 25)
    await queue.postpone([(delivery, AT_ONCE) for delivery in old])
    await queue.send([a_job("new")])

    (new,) = await queue.receive(Lane.NEW, 100, A_WHILE)
    assert (new.job.id, new.attempt, new.lane) == ("new", 1, Lane.NEW)
    again: list[Delivery] = []
    while more := await queue.receive(Lane.PUT_OFF, 10, SECOND):
        again += more
    assert {(one.job.id, one.attempt, one.lane) for one in again} == {
        (delivery.job.id, 2, Lane.PUT_OFF) for delivery in old
    }
    assert await queue.receive(Lane.NEW, 100, AT_ONCE) == []


async def test_many_are_received_extended_put_off_and_done_in_one_call_each(queue: CountedQueue) -> None:
    await queue.send(jobs(60))

    taken = await queue.receive(Lane.NEW, 50, A_WHILE)
    # At least once: the emulator of SQS may hand out a message to two polls at once.
    assert 10 < len({delivery.job.id for delivery in taken}) <= len(taken) <= 50
    await queue.extend(taken, A_WHILE)
    await queue.postpone([(delivery, AT_ONCE) for delivery in taken])
    again: list[Delivery] = []
    while more := await queue.receive(Lane.PUT_OFF, 50, SECOND):
        again += more
    await queue.done(again)

    assert {delivery.job.id for delivery in again} == {delivery.job.id for delivery in taken}
    assert await queue.depth() == Depth(waiting=60 - len({delivery.job.id for delivery in taken}), dead=0)


async def test_a_job_that_was_handed_back_keeps_its_lane(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    await queue.extend(await queue.receive(Lane.NEW, 1, A_WHILE), AT_ONCE)
    again = await queue.receive(Lane.NEW, 1, A_WHILE)
    assert [one.attempt for one in again] == [2]
    await queue.postpone([(again[0], AT_ONCE)])
    await queue.extend(await queue.receive(Lane.PUT_OFF, 1, A_WHILE), AT_ONCE)

    assert await queue.receive(Lane.NEW, 1, AT_ONCE) == []


async def test_attempts_are_counted_over_both_lanes(subject: Subject) -> None:
    queue = subject.queue
    await queue.send([a_job()])
    await queue.extend([await take(queue)], AT_ONCE)
    await queue.postpone([(await take(queue), AT_ONCE)])
    last = await take(queue)
    assert (last.attempt, last.lane) == (ATTEMPTS, Lane.PUT_OFF)
    await queue.postpone([(last, AT_ONCE)])

    assert await receive(queue, 10, AT_ONCE) == []

    assert await subject.dead() == ["job-1"]
    assert await queue.depth() == Depth(waiting=0, dead=1)


async def test_a_receiver_that_stops_waiting_leaves_no_job_in_flight(queue: CountedQueue) -> None:
    """The queue may not notice at once: a poll over the network cannot be cancelled."""
    waiting = asyncio.create_task(queue.receive(Lane.NEW, 10, 2 * SECOND))
    await asyncio.sleep(0.3)
    waiting.cancel()
    await asyncio.sleep(0.1)
    await queue.send([a_job()])
    await asyncio.wait([waiting])

    assert (await take(queue)).job == a_job()


async def test_a_job_in_flight_is_given_to_no_other_worker(queue: CountedQueue) -> None:
    await queue.send(jobs(1))
    await take(queue)

    assert await receive(queue, 10, SECOND) == []


async def test_a_finished_job_does_not_come_again(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    delivery = await take(queue)
    await queue.postpone([(delivery, AT_ONCE)])
    delivery = await take(queue)

    await queue.done([delivery])

    assert await receive(queue, 10, SECOND) == []
    assert await queue.depth() == Depth(waiting=0, dead=0)


async def test_finishing_a_job_twice_is_no_error(queue: CountedQueue) -> None:
    await queue.send(jobs(2))
    one, _ = await take_all(queue, 2)

    await queue.done([one])
    await queue.done([one])

    assert (await queue.depth()).waiting == 1


async def test_a_job_put_off_comes_again_and_its_attempts_count_up(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    for attempt in range(1, ATTEMPTS + 1):
        delivery = await take(queue)
        assert (delivery.job, delivery.attempt) == (a_job(), attempt)
        await queue.postpone([(delivery, AT_ONCE)])


async def test_a_job_put_off_does_not_come_before_its_time(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    await queue.postpone([(await take(queue), 2 * SECOND)])

    assert await receive(queue, 10, AT_ONCE) == []
    assert (await take(queue)).attempt == 2


async def test_a_job_that_is_put_off_holds_up_no_other(queue: CountedQueue) -> None:
    await queue.send([a_job("first")])
    await queue.postpone([(await take(queue), A_WHILE)])

    await queue.send([a_job("second")])

    assert (await take(queue)).job.id == "second"


async def test_a_worker_that_vanishes_leaves_the_job_to_another(queue: CountedQueue) -> None:
    """Time that runs out is all there is to see of a worker that was killed."""
    await queue.send([a_job()])
    vanished = await take(queue)
    await queue.extend([vanished], SECOND)

    other = await take(queue)

    assert (other.job, other.attempt) == (a_job(), 2)
    assert other.receipt != vanished.receipt


async def test_an_extended_job_stays_in_flight(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    delivery = await take(queue)
    await queue.extend([delivery], SECOND)

    await queue.extend([delivery], A_WHILE)

    assert await receive(queue, 10, 2 * SECOND) == []
    await queue.done([delivery])
    assert (await queue.depth()).waiting == 0


async def test_calls_about_a_delivery_that_is_over_are_no_error(queue: CountedQueue) -> None:
    await queue.send([a_job()])
    over = await take(queue)
    await queue.done([over])

    await queue.extend([over], A_WHILE)

    assert await receive(queue, 10, SECOND) == []
    await queue.postpone([(over, AT_ONCE)])
    await queue.done(await receive(queue, 10, AT_ONCE))
    assert await queue.depth() == Depth(waiting=0, dead=0)


async def test_an_invalid_receipt_is_no_error(queue: CountedQueue) -> None:
    forged = Delivery(job=a_job(), receipt="not a receipt", attempt=1)

    await queue.extend([forged], SECOND)
    await queue.done([forged])

    assert await queue.depth() == Depth(waiting=0, dead=0)


async def test_after_its_last_attempt_a_job_goes_to_the_dead_letters(subject: Subject) -> None:
    queue = subject.queue
    await queue.send(jobs(2))
    for _ in range(ATTEMPTS):
        for delivery in await take_all(queue, 2):
            await queue.postpone([(delivery, AT_ONCE)])

    assert await receive(queue, 10, AT_ONCE) == []

    assert sorted(await subject.dead()) == ["job-0", "job-1"]
    assert await queue.depth() == Depth(waiting=0, dead=2)


async def end_as_dead_letters(queue: CountedQueue, count: int) -> None:
    await queue.send(jobs(count))
    for _ in range(ATTEMPTS):
        for delivery in await take_all(queue, count):
            await queue.postpone([(delivery, AT_ONCE)])
    while (await queue.depth()).dead < count:
        assert await receive(queue, 10, AT_ONCE) == []


async def test_unwanted_dead_letters_are_deleted_and_the_others_stay(subject: Subject) -> None:
    """More of them than SQS takes in one call."""
    await end_as_dead_letters(subject.queue, 14)

    async def is_early(job: ScoreRetry) -> bool:
        return int(job.id.removeprefix("job-")) < 11

    assert await subject.queue.drop_dead(is_early) == 11

    assert sorted(await subject.dead()) == ["job-11", "job-12", "job-13"]
    assert await subject.queue.depth() == Depth(waiting=0, dead=3)
    assert await subject.queue.drop_dead(is_early) == 0


async def test_dead_letters_stay_when_it_is_not_known_whether_they_are_wanted(subject: Subject) -> None:
    await end_as_dead_letters(subject.queue, 2)

    async def unknown(_: ScoreRetry) -> bool:
        raise Unavailable("store")

    with pytest.raises(Unavailable):
        await subject.queue.drop_dead(unknown)

    assert sorted(await subject.dead()) == ["job-0", "job-1"]


async def test_a_worker_that_dies_uses_up_an_attempt_as_well(subject: Subject) -> None:
    """Otherwise a job that kills its worker would do so for ever."""
    queue = subject.queue
    await queue.send([a_job()])
    for _ in range(ATTEMPTS):
        await queue.extend([await take(queue)], SECOND)

    assert await receive(queue, 10, 2 * SECOND) == []

    assert await subject.dead() == ["job-1"]


async def test_many_workers_share_the_jobs(queue: CountedQueue) -> None:
    await queue.send(jobs(40))

    async def work() -> list[str]:
        mine = []
        while taken := await receive(queue, 10, AT_ONCE):
            for delivery in taken:
                mine.append(delivery.job.id)
                await queue.done([delivery])
        return mine

    shares = await asyncio.gather(*(work() for _ in range(4)))

    # At least once: SQS may hand out a message to two receivers at the same moment, and its emulator does.
    assert {id for share in shares for id in share} == {job.id for job in jobs(40)}
    assert await queue.depth() == Depth(waiting=0, dead=0)


async def test_its_depth_counts_jobs_that_wait_are_in_flight_and_put_off(queue: CountedQueue) -> None:
    await queue.send(jobs(3))
    await queue.postpone([(await take(queue), A_WHILE)])
    await take(queue)

    assert await queue.depth() == Depth(waiting=3, dead=0)


# SQS, where others may write too


GARBAGE = {
    "text": "hello",
    "another's": json.dumps({"Type": "Notification", "Message": "hello"}),
    "no fan": json.dumps({"id": "x", "campaignId": TOUR}),
    "a fan with a line feed": json.dumps({"id": "x", "campaignId": TOUR, "userId": "a\nb"}),
    "nested": "[" * 50_000,
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
async def test_an_unreadable_message_does_no_harm_and_ends_in_the_dead_letters(sqs: MakeQueue, body: str) -> None:
    async with AsyncExitStack() as stack:
        name, client = await sqs(stack)
        queue = SqsQueue(client, name)
        url = (await client.get_queue_url(QueueName=name))["QueueUrl"]
        await client.send_message(QueueUrl=url, MessageBody=body)
        await queue.send([a_job()])

        with capture_logs() as logged:
            assert [delivery.job for delivery in await receive(queue, 10, A_WHILE)] == [a_job()]

    (line,) = logged
    assert (line["event"], line["attempt"]) == ("queue.unreadable", 1)
    assert body not in str(logged)


async def test_fields_of_a_later_release_are_ignored(
    sqs: MakeQueue,
) -> None:
    async with AsyncExitStack() as stack:
        name, client = await sqs(stack)
        url = (await client.get_queue_url(QueueName=name))["QueueUrl"]
        body = {"id": "job-1", "campaignId": TOUR, "userId": ANN, "more": 1}
        await client.send_message(QueueUrl=url, MessageBody=json.dumps(body))

        assert (await take(SqsQueue(client, name))).job == a_job()
