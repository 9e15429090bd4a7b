"""Events in a topic of Apache Kafka."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaError

from adapters.kafka.producers import Producer, Producers
from adapters.kafka.publication import Publication
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out

MAX_EVENT_BYTES: Final = 1_000_000
"""Body and key; brokers take batches of 1,048,588 bytes unless they are told otherwise."""
PATIENCE_SECONDS: Final = 20.0
"""For one call of ``publish``, with all its attempts."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
_ENOUGH_DOUBLINGS: Final = 10


class KafkaStream:
    """Connects when there is something to publish. aiokafka itself retries short failures, such as a partition
    that changes its leader. Any other failure ends the producer, and a new one sends what is left.
    """

    def __init__(self, servers: str, topic: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._topic = topic
        self._producers = Producers(servers)
        self._patience_seconds = patience_seconds

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        publication = Publication(self._topic, accepted)
        deadline = _now() + self._patience_seconds
        attempts = 0
        while publication.waiting:
            failure = await self._attempt(publication, deadline)
            if failure is not None:
                attempts += 1
                await _pause(attempts, deadline, failure)
        return [*refused, *publication.refused]

    async def _attempt(self, publication: Publication, deadline: float) -> str | None:
        """Returns the name of the failure, or None. After a failure the producer is not used any more."""
        producer: Producer | None = None
        try:
            async with asyncio.timeout_at(deadline):
                producer = await self._producers.current()
            async with producer.used_until(deadline):
                await publication.send(producer)
        except (KafkaError, TimeoutError) as error:
            if producer is not None:
                await self._producers.replace(producer)
            return type(error).__name__
        return None

    async def close(self) -> None:
        await self._producers.close()


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) + len(event.key.encode()) > MAX_EVENT_BYTES else None


async def _pause(attempts: int, deadline: float, failure: str) -> None:
    """Wait for the next attempt, with full jitter. Raises Unavailable when no time is left for it."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts, _ENOUGH_DOUBLINGS))
    seconds = random.uniform(0, longest)
    if _now() + seconds >= deadline:
        raise unavailable("stream", NoAnswer(failure))
    await asyncio.sleep(seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def kafka_stream(servers: str, topic: str) -> AsyncIterator[KafkaStream]:
    """``servers``: host:port[,host:port]. It connects when the first event is published."""
    # In an outage it logs every attempt at every broker, ten times a second; ``publish`` raises the failure once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stream = KafkaStream(servers, topic)
    try:
        yield stream
    finally:
        await stream.close()
