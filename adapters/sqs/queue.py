"""Jobs in Amazon SQS. Standard queues deliver at least once, in any order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import structlog

from adapters.sqs.bodies import Unreadable, from_job, to_job
from adapters.sqs.calls import STALE, Calls, Entry
from adapters.sqs.client import (
    BATCH,
    LONGEST_DELAY_SECONDS,
    LONGEST_WAIT_SECONDS,
    VISIBILITY_SECONDS,
    dead_letters_of,
    later_of,
    sqs_client,
    whole_seconds,
)
from adapters.sqs.dead_letters import drop_dead
from domain.model.errors import Unavailable
from ports.messaging import Delivery, Depth, Lane, PutOff, ScoreRetry, Unwanted

MOST_ATTEMPTS: Final = 1_000
POLL_SECONDS: Final = 20.0
"""The time-out of a poll, in addition to the waiting time. A shorter one would cost each job of a late answer an
attempt."""
AT_ONCE: Final = timedelta(0)
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsQueue:
    """Three queues that ``fangate migrate`` creates: new jobs, postponed jobs, and dead letters.

    SQS delivers in any order, so new jobs would wait behind postponed ones in the same queue. When the second
    queue does not exist yet (release 0.1 had none), postponed jobs stay in the first one.
    """

    def __init__(self, client: Any, name: str, *, attempts: int = MOST_ATTEMPTS) -> None:
        self._calls = Calls(client)
        self._name = name
        self._later = later_of(name)
        self._attempts = attempts

    async def send(self, jobs: Sequence[ScoreRetry]) -> None:
        for start in range(0, len(jobs), BATCH):
            entries = [{"MessageBody": from_job(job)} for job in jobs[start : start + BATCH]]
            await self._calls.call_batch("send_message_batch", self._name, entries)

    async def receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """A poll cannot be cancelled: SQS may still deliver a job to it and count an attempt. So a cancelled call
        waits for the end of its poll and puts the jobs back."""
        if lane is Lane.PUT_OFF and not await self._has_later():
            await asyncio.sleep(wait.total_seconds())
            return []
        polling = asyncio.create_task(self._receive(lane, limit, wait))
        try:
            return await asyncio.shield(polling)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await self.extend(await polling, AT_ONCE)
            raise

    async def _receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """One poll waits for jobs. When its batch is full there may be more, and several polls at the same time
        fetch them."""
        found = list(await self._poll(lane, min(limit, BATCH), wait))
        if len(found) == BATCH < limit:
            counts = [min(BATCH, limit - start) for start in range(BATCH, limit, BATCH)]
            polls = (self._poll(lane, count, AT_ONCE) for count in counts)
            for more in await asyncio.gather(*polls, return_exceptions=True):
                if not isinstance(more, BaseException):  # The jobs of the other polls are kept.
                    found += more
        return await self._without_spent(found)

    async def _poll(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        seconds = min(int(wait.total_seconds()), LONGEST_WAIT_SECONDS)
        answer = await self._calls(
            "receive_message",
            self._queue_of(lane),
            seconds=seconds + POLL_SECONDS,
            MaxNumberOfMessages=limit,
            WaitTimeSeconds=seconds,
            VisibilityTimeout=VISIBILITY_SECONDS,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        deliveries = (_delivery(message, lane) for message in answer.get("Messages", ()))
        return [delivery for delivery in deliveries if delivery is not None]

    async def _without_spent(self, found: Sequence[Delivery]) -> Sequence[Delivery]:
        """Move jobs without attempts left to the dead letters. SQS counts attempts in each queue separately; this
        counts them in both."""
        spent = [delivery for delivery in found if delivery.attempt > self._attempts]
        if spent:
            entries = [{"MessageBody": from_job(delivery.job)} for delivery in spent]
            await self._calls.call_batches("send_message_batch", dead_letters_of(self._name), entries)
            await self.done(spent)
        return [delivery for delivery in found if delivery.attempt <= self._attempts]

    async def extend(self, deliveries: Sequence[Delivery], by: timedelta) -> None:
        await self._set_due([(delivery, by) for delivery in deliveries])

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        for lane in Lane:
            entries = [{"ReceiptHandle": one.receipt} for one in deliveries if one.lane is lane]
            await self._calls.call_batches("delete_message_batch", self._queue_of(lane), entries, stale=STALE)

    async def postpone(self, put_off: Sequence[PutOff]) -> None:
        new = [one for one in put_off if one[0].lane is Lane.NEW]
        if not new or not await self._has_later():
            await self._set_due(put_off)
            return
        await self._calls.call_batches("send_message_batch", self._later, [_later_entry(*one) for one in new])
        with suppress(Unavailable):  # After a failure these jobs come twice, which changes nothing.
            await self.done([delivery for delivery, _ in new])
        await self._set_due([one for one in put_off if one[0].lane is Lane.PUT_OFF])

    async def _set_due(self, put_off: Sequence[PutOff]) -> None:
        for lane in Lane:
            entries = [
                {"ReceiptHandle": delivery.receipt, "VisibilityTimeout": whole_seconds(by)}
                for delivery, by in put_off
                if delivery.lane is lane
            ]
            await self._calls.call_batches(
                "change_message_visibility_batch", self._queue_of(lane), entries, stale=STALE
            )

    async def depth(self) -> Depth:
        queues = [self._name, *([self._later] if await self._has_later() else [])]
        return Depth(
            waiting=sum([await self._count(queue) for queue in queues]),
            dead=await self._count(dead_letters_of(self._name)),
        )

    async def drop_dead(self, unwanted: Unwanted) -> int:
        return await drop_dead(self._calls, dead_letters_of(self._name), unwanted)

    async def _count(self, queue: str) -> int:
        answer = await self._calls("get_queue_attributes", queue, AttributeNames=list(_COUNTS))
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)

    async def _has_later(self) -> bool:
        return await self._calls.exists(self._later)

    def _queue_of(self, lane: Lane) -> str:
        return self._later if lane is Lane.PUT_OFF else self._name


def _later_entry(delivery: Delivery, by: timedelta) -> Entry:
    delay = min(whole_seconds(by), LONGEST_DELAY_SECONDS)
    return {"MessageBody": from_job(delivery.job, attempt=delivery.attempt), "DelaySeconds": delay}


def _delivery(message: Any, lane: Lane) -> Delivery | None:
    """The delivery of a message. None when it cannot be decoded: it stays, comes again, and ends in the dead
    letters."""
    received = int(message["Attributes"]["ApproximateReceiveCount"])
    try:
        job, before = to_job(message["Body"])
    except Unreadable:
        structlog.get_logger().warning("queue.unreadable", message=message["MessageId"], attempt=received)
        return None
    return Delivery(job=job, receipt=message["ReceiptHandle"], attempt=before + received, lane=lane)


@asynccontextmanager
async def sqs_queue(name: str, *, attempts: int, region: str | None) -> AsyncIterator[SqsQueue]:
    """The queue ``name``, within the ``async with`` block."""
    async with sqs_client(region) as client:
        yield SqsQueue(client, name, attempts=attempts)
