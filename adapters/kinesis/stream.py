"""Events in an Amazon Kinesis data stream."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import botocore.exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from adapters.outgoing.aws import aws_session
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out

MAX_RECORDS: Final = 500
"""The limit of one PutRecords request."""
MAX_REQUEST_BYTES: Final = 4_718_592
"""4.5 MiB with keys. The limit of Kinesis was 5 MiB for a long time; this leaves room for the rest of the
request."""
MAX_RECORD_BYTES: Final = 921_600
"""900 KiB with the key. The limit of Kinesis was 1 MiB for a long time."""
MAX_ATTEMPTS: Final = 8
"""Attempts in a row in which no record was stored."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0
_ERRORS: Final = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    ResponseParserError,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
)

Waiting = dict[str, deque[OutgoingEvent]]
"""Events that wait, by key. The first event of a key is sent next. Keys that waited longest come first."""


class KinesisStream:
    """Kinesis stores each record of a request independently of the others, and after a lost answer the outcome is
    unknown. So a request has at most one record per key. The next one is sent when the first is known to be
    stored.
    """

    def __init__(self, client: Any, name: str) -> None:
        # aiobotocore creates its clients at run time, so they have no type that could be named.
        self._client = client
        self._name = name

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        waiting: Waiting = {}
        for event in accepted:
            waiting.setdefault(event.key, deque()).append(event)
        attempts = 0
        while waiting:
            batch = _next_batch(waiting)
            failures = await self._put(batch)
            stored = [event for event, failure in zip(batch, failures, strict=True) if failure is None]
            _advance(waiting, batch, {event.key for event in stored})
            if len(stored) < len(batch):
                attempts = 0 if stored else attempts + 1
                if attempts == MAX_ATTEMPTS:
                    raise unavailable("stream", NoAnswer(next(filter(None, failures))))
                await asyncio.sleep(_pause(attempts))
        return refused

    async def _put(self, batch: Sequence[OutgoingEvent]) -> Sequence[str | None]:
        """For each record, None when it was stored, otherwise the reason as far as it is known."""
        records = [{"Data": event.body, "PartitionKey": event.key} for event in batch]
        try:
            answer = await self._client.put_records(StreamName=self._name, Records=records)
        except _ERRORS as error:
            return [_reason(error)] * len(batch)
        return [result.get("ErrorCode") for result in answer["Records"]]


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if _size(event) > MAX_RECORD_BYTES else None


def _size(event: OutgoingEvent) -> int:
    return len(event.body) + len(event.key.encode())


def _next_batch(waiting: Waiting) -> list[OutgoingEvent]:
    """The first event of each key, as many as fit into one request."""
    batch: list[OutgoingEvent] = []
    size = 0
    for lane in waiting.values():
        size += _size(lane[0])
        if len(batch) == MAX_RECORDS or size > MAX_REQUEST_BYTES:
            break
        batch.append(lane[0])
    return batch


def _advance(waiting: Waiting, batch: Iterable[OutgoingEvent], stored: set[str]) -> None:
    """Remove stored events. Move the keys of this batch behind the others, so that a failing key does not block
    them."""
    for event in batch:
        lane = waiting.pop(event.key)
        if event.key in stored:
            lane.popleft()
        if lane:
            waiting[event.key] = lane


def _pause(attempts: int) -> float:
    """A random pause (full jitter), so that throttled processes do not come back at the same time."""
    return random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempts))


def _reason(error: Exception) -> str:
    if isinstance(error, botocore.exceptions.ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


@asynccontextmanager
async def kinesis_stream(
    name: str, *, region: str | None, answer_seconds: float = ANSWER_SECONDS
) -> AsyncIterator[KinesisStream]:
    """Connect with the standard AWS variables. ``region`` is needed because botocore does not read ``AWS_REGION``.

    The first request to AWS is made for the first event.
    """
    # No retries by the library: it would repeat whole requests. The adapter repeats only the records that failed.
    config = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=answer_seconds, retries={"total_max_attempts": 1}
    )
    async with aws_session().client("kinesis", region_name=region, config=config) as client:
        yield KinesisStream(client, name)
