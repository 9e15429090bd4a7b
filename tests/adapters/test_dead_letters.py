"""Dead letters of SQS: moved by its redrive policy, moved by Fangate, and sent back by operators."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.sqs.queue import SqsQueue
from ports.messaging import Depth, Lane, ScoreRetry
from tests.contracts.messaging.test_queues import (
    AT_ONCE,
    ATTEMPTS,
    SECOND,
    a_job,
    make_queue,
    receive,
    take,
    take_all,
)


@dataclass(frozen=True, slots=True)
class Queues:
    name: str
    client: Any
    queue: SqsQueue

    async def url(self, suffix: str = "") -> str:
        return str((await self.client.get_queue_url(QueueName=f"{self.name}{suffix}"))["QueueUrl"])

    async def arn(self, suffix: str = "") -> str:
        answer = await self.client.get_queue_attributes(
            QueueUrl=await self.url(suffix), AttributeNames=["QueueArn"]
        )
        return str(answer["Attributes"]["QueueArn"])

    async def messages(self, suffix: str = "") -> list[str]:
        """The bodies of those that can be received. They stay."""
        answer = await self.client.receive_message(
            QueueUrl=await self.url(suffix), MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [str(message["Body"]) for message in answer.get("Messages", ())]


@pytest.fixture
async def queues(sqs_url: str) -> AsyncIterator[Queues]:
    async with AsyncExitStack() as stack:
        name, client = await make_queue(sqs_url, stack)
        yield Queues(name, client, SqsQueue(client, name, attempts=ATTEMPTS))


@pytest.fixture
async def elastic(second_sqs_url: str) -> AsyncIterator[Queues]:
    """moto cannot send dead letters back."""
    async with AsyncExitStack() as stack:
        name, client = await make_queue(second_sqs_url, stack)
        yield Queues(name, client, SqsQueue(client, name, attempts=ATTEMPTS))


async def test_the_redrive_policy_moves_a_message_that_cannot_be_read_as_it_is(queues: Queues) -> None:
    await queues.client.send_message(QueueUrl=await queues.url(), MessageBody="hello")
    for _ in range(ATTEMPTS):
        assert await queues.messages() == ["hello"]

    assert list(await queues.queue.receive(Lane.NEW, 10, SECOND)) == []

    assert await queues.messages("-dead") == ["hello"]
    assert await queues.queue.depth() == Depth(waiting=0, dead=1)


async def test_a_message_that_cannot_be_read_stays_a_dead_letter(queues: Queues) -> None:
    async def every(_: ScoreRetry) -> bool:
        return True

    await queues.client.send_message(QueueUrl=await queues.url("-dead"), MessageBody="hello")

    assert await queues.queue.drop_dead(every) == 0
    assert await queues.messages("-dead") == ["hello"]


async def test_dead_letters_that_are_sent_back_are_tried_again(elastic: Queues) -> None:
    queue = elastic.queue
    await queue.send([a_job("from the first queue")])
    for _ in range(ATTEMPTS):
        await queue.extend([await take(queue)], AT_ONCE)
    assert await receive(queue, 10, AT_ONCE) == []
    await queue.send([a_job("from the second queue")])
    await queue.postpone([(await take(queue), AT_ONCE)])
    for _ in range(ATTEMPTS - 1):
        await queue.extend([await take(queue)], AT_ONCE)
    assert await receive(queue, 10, AT_ONCE) == []
    await queue.send([a_job("moved by Fangate")])
    await queue.extend([await take(queue)], AT_ONCE)
    for _ in range(2):  # In the second queue the policy alone would count from the beginning.
        await queue.postpone([(await take(queue), AT_ONCE)])
    assert await receive(queue, 10, AT_ONCE) == []
    assert await queue.depth() == Depth(waiting=0, dead=3)

    await elastic.client.start_message_move_task(
        SourceArn=await elastic.arn("-dead"), DestinationArn=await elastic.arn()
    )

    again = await take_all(queue, 3)
    attempts = {one.job.id: one.attempt for one in again}
    assert attempts == {"from the first queue": 1, "from the second queue": 2, "moved by Fangate": 1}
    await queue.done(again)
    assert await queue.depth() == Depth(waiting=0, dead=0)
