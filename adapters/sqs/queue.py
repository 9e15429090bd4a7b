"""Jobs in an Amazon SQS queue. At least once and in any order: a standard queue."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import botocore.exceptions
import structlog

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from adapters.sqs.bodies import Unreadable, from_job, to_job
from adapters.sqs.client import (
    BATCH,
    IN_HAND_SECONDS,
    LONGEST_WAIT_SECONDS,
    code_of,
    dead_letters_of,
    sqs_client,
    translated,
    whole_seconds,
)
from domain.model.errors import Unavailable
from ports.queues import Delivery, Depth, ScoreRetry

SECONDS: Final = 10.0
"""That any call may take, beside the waiting that was asked for."""
PAUSES_SECONDS: Final = (0.1, 0.4, 1.6)
"""At most, before messages that SQS refused one by one are sent again; whole calls the library repeats."""
_STALE: Final = frozenset(
    {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)
"""How SQS says that a delivery is over: its time was up, it was done, or twelve hours have passed."""
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsQueue:
    """The queue and its dead letters are made by ``fangate migrate``."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self._urls: dict[str, str] = {}

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        for start in range(0, len(jobs), BATCH):
            await self._send(jobs[start : start + BATCH])

    async def _send(self, jobs: Sequence[ScoreRetry]) -> None:
        """One call's worth. SQS may take some of them and refuse others, and call that a success."""
        entries = [{"Id": str(index), "MessageBody": from_job(job)} for index, job in enumerate(jobs)]
        for pause in (0, *PAUSES_SECONDS):
            await asyncio.sleep(random.uniform(0, pause))
            answer = await self._call("send_message_batch", Entries=entries)
            refused = {failure["Id"]: str(failure["Code"]) for failure in answer.get("Failed", ())}
            if not refused:
                return
            entries = [entry for entry in entries if entry["Id"] in refused]
        raise unavailable("queue", NoAnswer(f"refused: {', '.join(sorted(set(refused.values())))}"))

    async def receive(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """A poll cannot be called off: SQS may still hand a job to one that nobody waits for any more, and count
        that as an attempt. So it is waited for to its end, and what it brings is put back."""
        polling = asyncio.create_task(self._poll(limit, wait))
        try:
            return await asyncio.shield(polling)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                for delivery in await polling:
                    await self.postpone(delivery, timedelta(0))
            raise

    async def _poll(self, limit: int, wait: timedelta) -> Sequence[Delivery]:
        seconds = min(int(wait.total_seconds()), LONGEST_WAIT_SECONDS)
        answer = await self._call(
            "receive_message",
            seconds=seconds + SECONDS,
            MaxNumberOfMessages=min(limit, BATCH),
            WaitTimeSeconds=seconds,
            VisibilityTimeout=IN_HAND_SECONDS,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        deliveries = map(_delivery, answer.get("Messages", ()))
        return [delivery for delivery in deliveries if delivery is not None]

    async def extend(self, delivery: Delivery, by: timedelta) -> None:
        await self._about(delivery, "change_message_visibility", VisibilityTimeout=whole_seconds(by))

    async def postpone(self, delivery: Delivery, by: timedelta) -> None:
        await self.extend(delivery, by)

    async def done(self, delivery: Delivery) -> None:
        await self._about(delivery, "delete_message")

    async def depth(self) -> Depth:
        return Depth(
            waiting=await self._count(self._name, _COUNTS),
            dead=await self._count(dead_letters_of(self._name), _COUNTS),
        )

    async def _count(self, queue: str, names: Sequence[str]) -> int:
        answer = await self._call("get_queue_attributes", queue=queue, AttributeNames=list(names))
        return sum(int(answer["Attributes"][name]) for name in names)

    async def _about(self, delivery: Delivery, operation: str, **request: Any) -> None:
        """Whatever is said of a delivery that is over is said in vain."""
        try:
            await self._call(operation, over=_STALE, ReceiptHandle=delivery.receipt, **request)
        except _Over:
            structlog.get_logger().info("queue.delivery_was_over", job=delivery.job.id, attempt=delivery.attempt)

    async def _call(
        self,
        operation: str,
        *,
        queue: str | None = None,
        seconds: float = SECONDS,
        over: frozenset[str] = frozenset(),
        **request: Any,
    ) -> Any:
        with translated():
            try:
                async with asyncio.timeout(seconds):
                    url = await self._url(queue or self._name)
                    return await getattr(self._client, operation)(QueueUrl=url, **request)
            except botocore.exceptions.ClientError as error:
                if code_of(error) in over:
                    raise _Over from None
                raise

    async def _url(self, queue: str) -> str:
        """Asked for when it is first needed: SQS may be away at the start."""
        if queue not in self._urls:
            answer = await self._client.get_queue_url(QueueName=queue)
            self._urls[queue] = str(answer["QueueUrl"])
        return self._urls[queue]


class _Over(Exception):
    """The delivery is not ours any more."""


def _delivery(message: Any) -> Delivery | None:
    """None for a message that nobody can read: it is left alone, comes again, and ends in the dead letters."""
    attempt = int(message["Attributes"]["ApproximateReceiveCount"])
    try:
        return Delivery(job=to_job(message["Body"]), receipt=message["ReceiptHandle"], attempt=attempt)
    except Unreadable:
        structlog.get_logger().warning("queue.unreadable", message=message["MessageId"], attempt=attempt)
        return None


@asynccontextmanager
async def sqs_queue(name: str, *, region: str | None) -> AsyncIterator[SqsQueue]:
    """The queue called ``name``, for as long as the block lasts."""
    async with sqs_client(region) as client:
        yield SqsQueue(client, name)
