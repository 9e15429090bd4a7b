"""Events in a topic of Apache Kafka."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaError

from adapters.kafka.delivery import Delivery
from adapters.kafka.producers import Producer, Producers
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from domain.model.cloud_events import OutgoingEvent
from ports.events import TOO_LARGE, Refused, sort_out

MAX_EVENT_BYTES: Final = 1_000_000
"""Body and key; brokers take batches of 1,048,588 bytes unless they are told otherwise."""
PATIENCE_SECONDS: Final = 20.0
"""For one call of ``publish``, all tries included."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
_ENOUGH_DOUBLINGS: Final = 10


class KafkaStream:
    """Connects when there is something to publish. aiokafka itself tries again what passes, such as a partition
    that changes its leader; whatever else goes wrong ends its producer, and what is left goes to a new one.
    """

    def __init__(self, servers: str, topic: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._topic = topic
        self._producers = Producers(servers)
        self._patience_seconds = patience_seconds

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        delivery = Delivery(self._topic, accepted)
        deadline = _now() + self._patience_seconds
        attempts = 0
        while delivery.waiting:
            trouble = await self._attempt(delivery, deadline)
            if trouble is not None:
                attempts += 1
                await _pause(attempts, deadline, trouble)
        return [*refused, *delivery.refused]

    async def _attempt(self, delivery: Delivery, deadline: float) -> str | None:
        """What went wrong, if anything did; with that producer nothing is sent any more."""
        producer: Producer | None = None
        try:
            async with asyncio.timeout_at(deadline):
                producer = await self._producers.current()
            async with producer.used_until(deadline):
                await delivery.send(producer)
        except (KafkaError, TimeoutError) as error:
            if producer is not None:
                await self._producers.replace(producer)
            return type(error).__name__
        return None

    async def close(self) -> None:
        await self._producers.close()


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) + len(event.key.encode()) > MAX_EVENT_BYTES else None


async def _pause(attempts: int, deadline: float, trouble: str) -> None:
    """Before the next attempt, with full jitter. Raises Unavailable where there is no time for one."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts, _ENOUGH_DOUBLINGS))
    seconds = random.uniform(0, longest)
    if _now() + seconds >= deadline:
        raise unavailable("stream", NoAnswer(trouble))
    await asyncio.sleep(seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def kafka_stream(servers: str, topic: str) -> AsyncIterator[KafkaStream]:
    """``servers``: host:port[,host:port]. Nobody is connected to before the first event."""
    # It reports every try at every broker, ten times a second in an outage; ``publish`` says once what is wrong.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stream = KafkaStream(servers, topic)
    try:
        yield stream
    finally:
        await stream.close()
