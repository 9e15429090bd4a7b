"""Three brokers of Apache Kafka, killed and started again while events go out: none is lost, each key in order."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from structlog.testing import capture_logs

from adapters.kafka.stream import KafkaStream, kafka_stream
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from tests.adapters.kafka.signing_in import AGAIN_WITHIN_SECONDS, publish_in_the_end
from tests.contracts.stream_promises import event, in_order
from tests.support.servers import backends
from tests.support.servers.apache_kafka.brokers import Cluster
from tests.support.servers.apache_kafka.properties import PLAIN
from tests.support.servers.reading import first_of_each, read_kafka

BROKERS: Final = 3
PATIENCE_SECONDS: Final = 3.0
FANS: Final = 40
A_CALL: Final = 200


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with backends.apache_kafka_cluster(BROKERS, PLAIN) as running:
        yield running


@pytest.fixture
def topic(cluster: Cluster) -> str:
    """A write is acknowledged when two of the three brokers have it. All of them live."""
    for node in cluster.nodes.values():
        if not node.started:
            node.start()
    cluster.wait()
    name = f"test-{uuid.uuid4().hex}"
    cluster.kafka.administration.create_topic(name, 6, BROKERS, {"min.insync.replicas": "2"})
    return name


class Publishing:
    """Publishes calls one after the other until it is told to stop, as the relay does."""

    def __init__(self, stream: KafkaStream) -> None:
        self._stream = stream
        self._over = False
        self._number = 0
        self.events: list[OutgoingEvent] = []
        """What is stored, by all that was said."""

    async def run(self) -> None:
        while not self._over:
            await self.publish(self.next_call())

    async def publish(self, events: Sequence[OutgoingEvent]) -> None:
        await publish_in_the_end(self._stream, events)
        self.events += events

    def next_call(self) -> Sequence[OutgoingEvent]:
        first = self._number
        self._number += A_CALL // FANS
        return [event(fan, number) for number in range(first, self._number) for fan in range(FANS)]

    async def go_on(self) -> None:
        """Returns when another call has been published."""
        count = len(self.events)
        async with asyncio.timeout(AGAIN_WITHIN_SECONDS):
            while len(self.events) == count:
                await asyncio.sleep(0.01)

    def stop(self) -> None:
        self._over = True


async def stored(cluster: Cluster, topic: str) -> dict[str, list[str]]:
    return first_of_each(await read_kafka(cluster.kafka.servers, topic))


async def kill(cluster: Cluster, *numbers: int) -> None:
    for number in numbers:
        cluster.nodes[number].kill()
    await asyncio.to_thread(cluster.wait)


async def start(cluster: Cluster, *numbers: int) -> None:
    for number in numbers:
        cluster.nodes[number].start()
    await asyncio.to_thread(cluster.wait)


async def test_all_brokers_die_and_come_back(cluster: Cluster, topic: str) -> None:
    """As in a power cut, in the middle of a batch; the logs of the brokers are still there."""
    async with kafka_stream(cluster.kafka.servers, topic, patience_seconds=PATIENCE_SECONDS) as stream:
        publishing = Publishing(stream)
        task = asyncio.create_task(publishing.run())
        await publishing.go_on()
        for node in cluster.nodes.values():
            node.kill()
        await asyncio.sleep(PATIENCE_SECONDS)
        await start(cluster, *cluster.nodes)
        await publishing.go_on()
        publishing.stop()
        await task

    assert await stored(cluster, topic) == in_order(publishing.events)


async def test_brokers_die_one_after_the_other_and_one_returns(cluster: Cluster, topic: str) -> None:
    """Leaders change while batches are on their way. One broker of three is too few; two are enough again."""
    before = cluster.kafka.administration.leaders(topic)
    async with kafka_stream(cluster.kafka.servers, topic, patience_seconds=PATIENCE_SECONDS) as stream:
        publishing = Publishing(stream)
        task = asyncio.create_task(publishing.run())
        await publishing.go_on()
        await kill(cluster, 2)
        after = cluster.kafka.administration.leaders(topic)
        await publishing.go_on()
        publishing.stop()
        await task
        await kill(cluster, 3)
        waiting = publishing.next_call()
        with capture_logs() as logged, pytest.raises(Unavailable):
            await stream.publish(waiting)
        await start(cluster, 2)
        for events in (waiting, publishing.next_call()):
            await publishing.publish(events)

    assert 2 in before.values()
    assert 2 not in after.values()
    assert [line["reason"] for line in logged] == ["some brokers cannot be reached"]
    assert await stored(cluster, topic) == in_order(publishing.events)
