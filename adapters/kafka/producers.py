"""The producer in use: made when it is needed, and abandoned when a batch fails.

aiokafka numbers the batches of each partition. A batch that fails leaves a gap, and from then on brokers refuse
every batch that follows (aiokafka#1017); a batch that cannot be delivered is retried for ever. A new producer
starts new numbers.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaConnectionError, KafkaError

from adapters.kafka.access import Access
from adapters.kafka.causes import SIGN_IN_REFUSED, SILENT, Lasting, cause_of, cause_of_silence
from adapters.outgoing.breaker import NoAnswer

BATCH_BYTES: Final = 65_536
REQUEST_MS: Final = 15_000
"""How long a broker may take to answer."""
CLOSE_SECONDS: Final = 5.0
REFUSED_SECONDS: Final = 2.0
"""After a failure that lasts, before the next try."""
_CAUSE_UNKNOWN: Final = (KafkaConnectionError, TimeoutError)
"""To aiokafka's callers."""


class Producer:
    """A producer of aiokafka that several calls use at once."""

    def __init__(self, servers: str, options: Mapping[str, Any]) -> None:
        self.kafka = AIOKafkaProducer(
            bootstrap_servers=servers.split(","),
            enable_idempotence=True,
            acks="all",
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=REQUEST_MS,
            **options,
        )
        self._servers = servers
        self._options = options
        self._users: set[asyncio.Timeout] = set()

    async def start(self, deadline: float) -> None:
        """Raises NoAnswer with the cause."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._connect()
        except Exception as error:  # noqa: BLE001  # aiokafka asserts and decodes what brokers answer to a sign-in.
            await self.kafka.stop()
            cause = await self.cause_of_silence() if isinstance(error, _CAUSE_UNKNOWN) else None
            raise cause or cause_of(error) from None
        except BaseException:
            await self.kafka.stop()
            raise

    async def _connect(self) -> None:
        """aiokafka takes a refused token for an accepted one: it reads the broker's next answer as a cluster
        without brokers, and waits for a broker for ever. So the cluster is looked at before."""
        await self.kafka.client.bootstrap()
        if not self.kafka.client.cluster.brokers():
            raise Lasting(SIGN_IN_REFUSED)
        await self.kafka.start()

    async def cause_of_silence(self) -> NoAnswer | None:
        """Ask the brokers, those of the settings and those that the cluster has named; None where all is well."""
        named = [(broker.host, broker.port) for broker in self.kafka.client.cluster.brokers()]
        given = [(host, port) for host, port, _ in collect_hosts(self._servers)]
        return await cause_of_silence([*given, *named], self._options)

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
    """At most one at a time. After a failure that lasts, brokers are left alone for a moment."""

    def __init__(self, servers: str, access: Access) -> None:
        self._servers = servers
        self._access = access
        self._current: Producer | None = None
        self._starting = asyncio.Lock()
        self._refusal: Lasting | None = None
        self._refused_until = 0.0

    async def current(self, deadline: float) -> Producer:
        """Ready to send. Raises NoAnswer or TimeoutError."""
        async with asyncio.timeout_at(deadline):
            await self._starting.acquire()
        try:
            if self._refusal is not None and asyncio.get_running_loop().time() < self._refused_until:
                raise self._refusal
            if self._current is None:
                self._current = await self._started(deadline)
            return self._current
        finally:
            self._starting.release()

    async def _started(self, deadline: float) -> Producer:
        try:
            producer = Producer(self._servers, await self._access.options())
            await producer.start(deadline)
        except NoAnswer as cause:
            self._remember(cause)
            raise
        self._refusal = None
        return producer

    async def replace(self, producer: Producer, cause: NoAnswer) -> None:
        """Do not use this one again."""
        if self._current is producer:
            self._remember(cause)
            self._current = None
            await producer.abandon()

    def _remember(self, cause: NoAnswer) -> None:
        """Do not try again at once, and not with a token that a broker may have refused."""
        if isinstance(cause, Lasting):
            self._access.refused()
            self._refusal = cause
            self._refused_until = asyncio.get_running_loop().time() + REFUSED_SECONDS

    async def close(self) -> None:
        if self._current is not None:
            await self.replace(self._current, SILENT)
