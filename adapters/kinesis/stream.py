"""Events in an Amazon Kinesis data stream."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aioboto3
import aiohttp
import botocore.exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out

MAX_RECORDS: Final = 500
"""Of one PutRecords."""
MAX_REQUEST_BYTES: Final = 4_718_592
"""4.5 MiB, keys included: under the 5 MiB of older limits, with room for what surrounds the records."""
MAX_RECORD_BYTES: Final = 921_600
"""900 KiB, key included: under the 1 MiB of older limits."""
MAX_ATTEMPTS: Final = 8
"""In a row in which no record got through."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0

_CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS, read_timeout=ANSWER_SECONDS, retries={"total_max_attempts": 1}
)
"""Not tried again by the library: it would repeat whole requests, the adapter repeats what failed of them."""
_ERRORS: Final = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    ResponseParserError,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
)

Waiting = dict[str, deque[OutgoingEvent]]
"""What waits, by key. The first of each is next; the keys that waited longest come first."""


class KinesisStream:
    """Kinesis stores each record of a request or not, whatever becomes of the others, and a lost answer tells of
    none. So a request holds at most one record of each key: the next goes out when it is known to be stored.
    """

    def __init__(self, client: Any, name: str) -> None:
        # aiobotocore makes its clients at run time, so there is no type to name.
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
        """For each, why it was not stored, as far as is known."""
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
    """The first of each key, as many as one request may hold."""
    batch: list[OutgoingEvent] = []
    size = 0
    for lane in waiting.values():
        size += _size(lane[0])
        if len(batch) == MAX_RECORDS or size > MAX_REQUEST_BYTES:
            break
        batch.append(lane[0])
    return batch


def _advance(waiting: Waiting, batch: Iterable[OutgoingEvent], stored: set[str]) -> None:
    """Drop what is stored; keys that were asked for go behind the others, so that no failing one blocks them."""
    for event in batch:
        lane = waiting.pop(event.key)
        if event.key in stored:
            lane.popleft()
        if lane:
            waiting[event.key] = lane


def _pause(attempts: int) -> float:
    """Full jitter: who is throttled together does not come back together."""
    return random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempts))


def _reason(error: Exception) -> str:
    if isinstance(error, botocore.exceptions.ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


@asynccontextmanager
async def kinesis_stream(name: str, *, region: str | None) -> AsyncIterator[KinesisStream]:
    """Connect by the standard AWS variables; botocore itself does not know ``AWS_REGION``, hence ``region``.

    Nothing is asked of AWS before the first event.
    """
    async with aioboto3.Session().client("kinesis", region_name=region, config=_CONFIG) as client:
        yield KinesisStream(client, name)
