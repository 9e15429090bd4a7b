"""Events in a topic of Apache Kafka."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaError

from adapters.kafka.access import Access, Plaintext
from adapters.kafka.causes import Lasting, cause_of
from adapters.kafka.producers import Producer, Producers
from adapters.kafka.publication import Publication
from adapters.outgoing.breaker import CircuitOpen, NoAnswer
from adapters.outgoing.http import log_no_answer
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from ports.events import TOO_LARGE, Refused, sort_out

MAX_EVENT_BYTES: Final = 1_000_000
"""Body and key; brokers take batches of 1,048,588 bytes unless they are told otherwise."""
PATIENCE_SECONDS: Final = 20.0
"""For one call of ``publish``, with all its attempts."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
LOG_AGAIN_SECONDS: Final = 60.0
_ENOUGH_DOUBLINGS: Final = 10


class KafkaStream:
    """Connects when there is something to publish. aiokafka itself retries short failures, such as a partition
    that changes its leader. Any other failure ends the producer, and a new one sends what is left.
    """

    def __init__(
        self,
        servers: str,
        topic: str,
        *,
        access: Access | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._topic = topic
        self._producers = Producers(servers, access or Plaintext())
        self._patience_seconds = patience_seconds
        self._failures = FailureLog()

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        publication = Publication(self._topic, accepted)
        deadline = _now() + self._patience_seconds
        attempts = 0
        while publication.waiting:
            failure = await self._attempt(publication, deadline)
            if failure is None:
                self._failures.over()
                continue
            attempts += 1
            seconds = _pause_seconds(attempts)
            if isinstance(failure, Lasting | CircuitOpen) or _now() + seconds >= deadline:
                self._failures.log(failure)
                raise Unavailable("stream")
            await asyncio.sleep(seconds)
        return [*refused, *publication.refused]

    async def _attempt(self, publication: Publication, deadline: float) -> NoAnswer | None:
        """Returns the failure, or None. After a failure the producer is not used any more."""
        producer: Producer | None = None
        try:
            producer = await self._producers.current(deadline)
            async with producer.used_until(deadline):
                await publication.send(producer)
        except (KafkaError, TimeoutError, NoAnswer) as error:
            cause = cause_of(error)
            if producer is not None:
                if _now() >= deadline:
                    cause = await producer.cause_of_silence() or cause
                await self._producers.replace(producer, cause)
            return cause
        return None

    async def close(self) -> None:
        await self._producers.close()


class FailureLog:
    """One line for a cause, and another each minute while it lasts, however many callers and tries there are."""

    def __init__(self) -> None:
        self._reason = ""
        self._again_at = 0.0

    def log(self, cause: NoAnswer) -> None:
        if isinstance(cause, CircuitOpen):
            return  # It was logged when it opened, and says nothing of the cause.
        if cause.reason != self._reason or _now() >= self._again_at:
            log_no_answer("stream", cause)
            self._reason, self._again_at = cause.reason, _now() + LOG_AGAIN_SECONDS

    def over(self) -> None:
        self._reason = ""


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) + len(event.key.encode()) > MAX_EVENT_BYTES else None


def _pause_seconds(attempts: int) -> float:
    """Before the next attempt, with full jitter."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts, _ENOUGH_DOUBLINGS))
    return random.uniform(0, longest)


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def kafka_stream(
    servers: str, topic: str, access: Access | None = None, *, patience_seconds: float = PATIENCE_SECONDS
) -> AsyncIterator[KafkaStream]:
    """``servers``: host:port[,host:port]. It connects when the first event is published."""
    # In an outage aiokafka logs every attempt at every broker, ten times a second; ``publish`` logs it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stream = KafkaStream(servers, topic, access=access, patience_seconds=patience_seconds)
    try:
        yield stream
    finally:
        await stream.close()
