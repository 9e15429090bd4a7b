"""The producer in use: made when it is needed, and abandoned when a batch fails.

aiokafka numbers the batches of each partition. A batch that fails leaves a gap, and from then on brokers refuse
every batch that follows (aiokafka#1017); a batch that cannot be delivered is retried for ever. A new producer
starts new numbers.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

BATCH_BYTES: Final = 65_536
REQUEST_MS: Final = 15_000
"""How long a broker may take to answer."""
CLOSE_SECONDS: Final = 5.0


class Producer:
    """A producer of aiokafka that several calls use at once."""

    def __init__(self, servers: str) -> None:
        self.kafka = AIOKafkaProducer(
            bootstrap_servers=servers.split(","),
            enable_idempotence=True,
            acks="all",
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=REQUEST_MS,
        )
        self._users: set[asyncio.Timeout] = set()

    async def start(self) -> None:
        """Raises KafkaError where no broker can be reached."""
        try:
            await self.kafka.start()
        except BaseException:
            await self.kafka.stop()
            raise

    @asynccontextmanager
    async def used_until(self, deadline: float) -> AsyncIterator[None]:
        """Raises TimeoutError when the time is over, or when another call has abandoned the producer."""
        async with asyncio.timeout_at(deadline) as limit:
            self._users.add(limit)
            try:
                yield
            finally:
                self._users.remove(limit)

    async def abandon(self) -> None:
        """Close it without waiting for batches that cannot be delivered. Batches in flight may still arrive, as
        repeats.

        Private names, because aiokafka 0.14 has no public way: ``stop`` waits until all is delivered, perhaps for
        ever, and leaves the sender running when it is cancelled. tests/adapters/test_stream_faults.py notices when
        a release renames them.
        """
        for user in self._users:
            if not user.expired():
                user.reschedule(asyncio.get_running_loop().time())
        self.kafka._closed = True  # Otherwise it warns when it is garbage-collected.
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.kafka._sender.close()
        await self.kafka.client.close()


class Producers:
    """At most one at a time."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._current: Producer | None = None
        self._starting = asyncio.Lock()

    async def current(self) -> Producer:
        """Ready to send. Raises KafkaError."""
        async with self._starting:
            if self._current is None:
                producer = Producer(self._servers)
                await producer.start()
                self._current = producer
            return self._current

    async def replace(self, producer: Producer) -> None:
        """Do not use this one again."""
        if self._current is producer:
            self._current = None
            await producer.abandon()

    async def close(self) -> None:
        if self._current is not None:
            await self.replace(self._current)
