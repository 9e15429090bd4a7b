"""Streams that throttle, fail, lose answers and go away: nothing is lost, and each key keeps its order."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest
from structlog.testing import capture_logs

from adapters.kafka.stream import KafkaStream
from adapters.kinesis.stream import MAX_ATTEMPTS, KinesisStream, kinesis_stream
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from ports.events import BEHIND, TOO_LARGE, EventStream, Refused
from tests.contracts.stream_promises import event, in_order
from tests.support.servers.aws import ENVIRONMENT, environment
from tests.support.servers.faults import AwsProxy, Faults
from tests.support.servers.kafka import BROKERS, Api, Failure, MockCluster
from tests.support.servers.ports import free_port
from tests.support.servers.reading import create_kinesis_stream, first_of_each, read_kafka, read_kinesis

CALLS = [
    [event(fan, number) for number in range(call * 4, call * 4 + 4) for fan in range(25)] for call in range(6)
]
"""One after another; each has four events of each of 25 fans."""
EVENTS = [one for call in CALLS for one in call]


@pytest.fixture
def name() -> str:
    """The name of a stream or topic that only this test uses."""
    return f"test-{uuid.uuid4().hex}"


async def publish_all(stream: EventStream, calls: Sequence[Sequence[OutgoingEvent]] = CALLS) -> int:
    """As the relay does: publish again the events that could not be published. Returns how often that was."""
    again = 0
    for events in calls:
        while True:
            try:
                assert list(await stream.publish(events)) == []
            except Unavailable:
                again += 1
                assert again < 100
            else:
                break
    return again


# Kinesis


@pytest.fixture
async def kinesis(failing_kinesis: AwsProxy, name: str) -> AsyncIterator[KinesisStream]:
    """A stream with a connection to AWS that can be disturbed."""
    await create_kinesis_stream(failing_kinesis.upstream, name)
    with environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": failing_kinesis.url}):
        async with kinesis_stream(name, region=ENVIRONMENT["AWS_REGION"]) as stream:
            yield stream


async def test_kinesis_throttles_fails_and_loses_answers(
    kinesis: KinesisStream, failing_kinesis: AwsProxy, name: str
) -> None:
    failing_kinesis.faults = Faults(throttled=1 / 3, errors=0.15, dropped=0.15)

    await publish_all(kinesis)

    assert all(failing_kinesis.done[fault] for fault in ("throttled", "errors", "dropped"))
    assert first_of_each(await read_kinesis(failing_kinesis.upstream, name)) == in_order(EVENTS)


async def test_only_failed_events_are_sent_again(
    kinesis: KinesisStream, failing_kinesis: AwsProxy, name: str
) -> None:
    failing_kinesis.faults = Faults(throttled=1 / 3)

    assert await publish_all(kinesis) == 0

    assert len(await read_kinesis(failing_kinesis.upstream, name)) == len(EVENTS)


async def test_a_key_that_fails_holds_up_its_own_events_and_no_others(
    kinesis: KinesisStream, failing_kinesis: AwsProxy, name: str
) -> None:
    events = [event(fan, number) for number in range(3) for fan in range(600)]
    failing_kinesis.faults = Faults(failing_keys=frozenset({events[0].key}))

    with pytest.raises(Unavailable):
        await kinesis.publish(events)

    stored = in_order([one for one in events if one.key != events[0].key])
    assert first_of_each(await read_kinesis(failing_kinesis.upstream, name)) == stored
    failing_kinesis.faults = Faults()
    await kinesis.publish(events)
    assert first_of_each(await read_kinesis(failing_kinesis.upstream, name)) == in_order(events)


@pytest.mark.parametrize(
    "faults", [Faults(errors=1), Faults(dropped=1), Faults(throttled=1)], ids=["errors", "dropped", "throttled"]
)
async def test_kinesis_is_unavailable_after_a_few_tries(
    kinesis: KinesisStream, failing_kinesis: AwsProxy, name: str, faults: Faults
) -> None:
    failing_kinesis.faults = faults

    with pytest.raises(Unavailable) as refused:
        await kinesis.publish(CALLS[0])

    assert refused.value.context == {"part": "stream"}
    assert failing_kinesis.done["requests"] == MAX_ATTEMPTS
    failing_kinesis.faults = Faults()
    await publish_all(kinesis)
    assert first_of_each(await read_kinesis(failing_kinesis.upstream, name)) == in_order(EVENTS)


async def test_a_missing_answer_ends_in_a_time_out(
    kinesis: KinesisStream, failing_kinesis: AwsProxy, name: str
) -> None:
    failing_kinesis.faults = Faults(seconds=60)
    publishing = asyncio.create_task(kinesis.publish(CALLS[0]))
    while not failing_kinesis.done["requests"]:
        await asyncio.sleep(0.01)
    failing_kinesis.faults = Faults()

    assert list(await publishing) == []

    assert failing_kinesis.done["requests"] > 1
    assert first_of_each(await read_kinesis(failing_kinesis.upstream, name)) == in_order(CALLS[0])


async def test_a_kinesis_that_is_not_there_is_unavailable() -> None:
    nowhere = ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with environment(nowhere):
        async with kinesis_stream("events", region="eu-west-1") as stream:
            with pytest.raises(Unavailable):
                await stream.publish(CALLS[0])


async def test_a_stream_that_does_not_exist_is_unavailable(failing_kinesis: AwsProxy) -> None:
    with environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": failing_kinesis.url}):
        async with kinesis_stream("no-such-stream", region="eu-west-1") as stream:
            with capture_logs() as logged, pytest.raises(Unavailable):
                await stream.publish([event(1, 1, text="geheim")])

    assert "ResourceNotFoundException" in str(logged)
    assert "geheim" not in str(logged)


# Kafka

PASSING = [Failure.NOT_LEADER, Failure.HANG_UP, Failure.NOT_ENOUGH_REPLICAS, Failure.LEADER_NOT_AVAILABLE]
"""aiokafka tries again by itself."""
LASTING = [Failure.OUT_OF_ORDER_SEQUENCE, Failure.UNKNOWN_PRODUCER_ID, Failure.INVALID_PRODUCER_EPOCH]
"""These end a producer."""


@pytest.fixture
async def kafka(failing_kafka: MockCluster, name: str) -> AsyncIterator[KafkaStream]:
    failing_kafka.create_topic(name)
    stream = KafkaStream(failing_kafka.servers, name, patience_seconds=2)
    try:
        yield stream
    finally:
        await stream.close()


async def test_kafka_fails_with_each_of_its_errors(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    for call in CALLS:
        failing_kafka.fail_next(Api.PRODUCE, [*PASSING, Failure.NONE, *LASTING, Failure.NONE])
        await publish_all(kafka, [call])

    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order(EVENTS)


@pytest.mark.parametrize("failure", LASTING)
async def test_a_producer_that_brokers_do_not_take_is_replaced(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str, failure: Failure
) -> None:
    await kafka.publish(CALLS[0])
    failing_kafka.fail_next(Api.PRODUCE, [failure])

    with failing_kafka.counting() as count:
        assert list(await kafka.publish(CALLS[1])) == []
        replaced = count(Api.INIT_PRODUCER_ID)

    assert replaced == 1
    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order([*CALLS[0], *CALLS[1]])


async def test_one_producer_is_enough_while_all_is_well(kafka: KafkaStream, failing_kafka: MockCluster) -> None:
    with failing_kafka.counting() as count:
        await publish_all(kafka)

        assert count(Api.INIT_PRODUCER_ID) == 1


async def test_brokers_that_are_down_at_the_start_are_waited_for(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    failing_kafka.set_down(*BROKERS)
    with pytest.raises(Unavailable) as refused:
        await kafka.publish(CALLS[0])
    assert refused.value.context == {"part": "stream"}

    failing_kafka.set_up(*BROKERS)
    await publish_all(kafka)

    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order(EVENTS)


async def test_brokers_go_down_and_come_back(kafka: KafkaStream, failing_kafka: MockCluster, name: str) -> None:
    await kafka.publish(CALLS[0])
    failing_kafka.set_down(*BROKERS)
    with pytest.raises(Unavailable):
        await kafka.publish(CALLS[1])
    failing_kafka.set_up(*BROKERS)

    await publish_all(kafka, CALLS[1:])

    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order(EVENTS)


async def test_a_short_outage_is_bridged_by_retries(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    await kafka.publish(CALLS[0])
    failing_kafka.set_down(*BROKERS)
    publishing = asyncio.create_task(kafka.publish(CALLS[1]))
    await asyncio.sleep(0.3)
    failing_kafka.set_up(*BROKERS)

    assert list(await publishing) == []
    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order([*CALLS[0], *CALLS[1]])


async def test_answers_are_lost_after_all_was_stored(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    await kafka.publish([event(0, 0)])
    failing_kafka.dawdle(60_000)

    with pytest.raises(Unavailable):
        await kafka.publish(CALLS[0])
    failing_kafka.dawdle(0)
    await publish_all(kafka)

    read = await read_kafka(failing_kafka.servers, name)
    assert first_of_each(read) == in_order(EVENTS)
    assert len(read) > len(EVENTS) + 1


async def test_calls_at_once_survive_each_others_producers(
    kafka: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    for _ in range(5):
        failing_kafka.fail_next(Api.PRODUCE, [*LASTING, Failure.NONE, *LASTING, Failure.NONE])
    calls = [[event(fan, number) for number in range(20) for fan in range(ten, ten + 10)] for ten in (0, 10, 20)]

    await asyncio.gather(*(publish_all(kafka, [events]) for events in calls))

    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order(
        [one for events in calls for one in events]
    )


async def test_closing_does_not_wait_for_brokers_that_are_gone(
    kafka: KafkaStream, failing_kafka: MockCluster
) -> None:
    await kafka.publish(CALLS[0])
    failing_kafka.set_down(*BROKERS)
    publishing = asyncio.create_task(kafka.publish(CALLS[1]))
    await asyncio.sleep(0.2)
    publishing.cancel()

    await asyncio.wait_for(kafka.close(), 30)

    with pytest.raises(asyncio.CancelledError):
        await publishing


# A broker with lower limits than Fangate assumes


@pytest.fixture
async def narrow(failing_kafka: MockCluster, name: str) -> AsyncIterator[KafkaStream]:
    """One partition, so that it is known what is in a batch."""
    failing_kafka.create_topic(name, partitions=1)
    stream = KafkaStream(failing_kafka.servers, name)
    try:
        yield stream
    finally:
        await stream.close()


async def test_a_batch_too_large_for_a_broker_is_sent_in_parts(
    narrow: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    failing_kafka.fail_next(Api.PRODUCE, [Failure.MESSAGE_TOO_LARGE])

    assert list(await narrow.publish(CALLS[0])) == []

    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order(CALLS[0])


async def test_an_event_too_large_for_a_broker_is_refused_and_so_are_later_ones_of_its_key(
    narrow: KafkaStream, failing_kafka: MockCluster, name: str
) -> None:
    too_large, other, behind, another = event(1, 1), event(2, 1), event(1, 2), event(2, 2)
    failing_kafka.fail_next(Api.PRODUCE, [Failure.MESSAGE_TOO_LARGE, Failure.MESSAGE_TOO_LARGE])

    refused = await narrow.publish([too_large, other, behind, another])

    assert refused == [Refused(id=too_large.id, reason=TOO_LARGE), Refused(id=behind.id, reason=BEHIND)]
    assert first_of_each(await read_kafka(failing_kafka.servers, name)) == in_order([other, another])
