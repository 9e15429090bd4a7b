"""Topics that are not as Fangate thinks, in Apache Kafka itself."""

import uuid

import pytest

from adapters.kafka.stream import kafka_stream
from ports.events import BEHIND, TOO_LARGE, Refused
from tests.adapters.kafka.signing_in import publish_in_the_end
from tests.contracts.stream_promises import event, in_order
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.reading import first_of_each, read_kafka

PATIENCE_SECONDS = 3.0
LIMIT_BYTES = 200_000
ABOVE_BYTES = 500_000


@pytest.mark.parametrize("partitions", [1, 7])
async def test_a_topic_is_made_anew_with_other_partitions(
    broker: ApacheKafka, topic: str, partitions: int
) -> None:
    """What was in it is gone. What is published from then on is stored, in partitions that exist."""
    calls = [[event(fan, number) for fan in range(30)] for number in range(4)]
    async with kafka_stream(broker.servers, topic, patience_seconds=PATIENCE_SECONDS) as stream:
        assert list(await stream.publish(calls[0])) == []
        broker.administration.delete_topic(topic)
        broker.administration.create_topic(topic, partitions)
        for events in calls[1:]:
            await publish_in_the_end(stream, events)

    stored = {record.id for record in await read_kafka(broker.servers, topic)}
    assert stored - {one.id for one in calls[0]} == {one.id for events in calls[1:] for one in events}


async def test_an_event_above_the_topics_limit_is_refused_alone(broker: ApacheKafka) -> None:
    topic = f"test-{uuid.uuid4().hex}"
    broker.administration.create_topic(topic, 2, config={"max.message.bytes": str(LIMIT_BYTES)})
    large, behind = event(1, 1, text="x" * ABOVE_BYTES), event(1, 2)
    others = [event(fan, number, text="y" * 1_000) for number in range(30) for fan in range(2, 12)]
    async with kafka_stream(broker.servers, topic) as stream:
        refused = await stream.publish([*others[:150], large, behind, *others[150:]])

    assert refused == [Refused(id=large.id, reason=TOO_LARGE), Refused(id=behind.id, reason=BEHIND)]
    assert first_of_each(await read_kafka(broker.servers, topic)) == in_order(others)


async def test_events_of_a_megabyte_where_the_topic_takes_them(broker: ApacheKafka, topic: str) -> None:
    events = [event(fan, number, text="x" * 990_000) for number in range(3) for fan in range(3)]
    async with kafka_stream(broker.servers, topic) as stream:
        assert list(await stream.publish(events)) == []

    assert first_of_each(await read_kafka(broker.servers, topic)) == in_order(events)
