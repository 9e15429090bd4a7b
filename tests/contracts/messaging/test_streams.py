"""What every EventStream promises: in memory, in Kinesis and in Kafka, which are two servers each."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.kafka.stream import kafka_stream
from adapters.kinesis.stream import kinesis_stream
from adapters.memory.event_stream import MemoryEventStream
from domain.model.cloud_events import OutgoingEvent
from tests.contracts.stream_promises import *  # noqa: F403  # every test of it
from tests.contracts.stream_promises import Subject, event
from tests.support.servers.aws import ENVIRONMENT, KINESIS, environment
from tests.support.servers.faults import aws_proxy
from tests.support.servers.reading import (
    Published,
    create_kinesis_stream,
    delete_kinesis_stream,
    read_kafka,
    read_kinesis,
)

PATIENCE_SECONDS = 60.0
"""kinesis-local takes seconds for a request of several megabytes."""


@pytest.fixture
def name() -> str:
    """The name of a stream or topic that only this test uses."""
    return f"test-{uuid.uuid4().hex}"


KAFKA = {"kafka": "kafka_servers", "apache kafka": "apache_kafka_servers"}


@pytest.fixture(params=["memory", *KINESIS, *KAFKA])
async def subject(request: pytest.FixtureRequest, name: str) -> AsyncIterator[Subject]:
    if request.param == "memory":
        yield in_memory()
        return
    async with AsyncExitStack() as stack:
        if request.param in KINESIS:
            url: str = request.getfixturevalue(KINESIS[request.param])
            if request.param == "moto":  # It loses records that are put at once. The proxy puts them in turn.
                url = stack.enter_context(aws_proxy(url)).url
            yield await in_kinesis(url, name, stack)
        else:
            yield await in_kafka(request.getfixturevalue(KAFKA[request.param]), name, stack)


def in_memory() -> Subject:
    stream = MemoryEventStream()

    async def read() -> list[Published]:
        return [Published(key=published.key, body=published.body) for published in stream.published]

    return Subject(stream=stream, read=read)


async def in_kinesis(url: str, name: str, stack: AsyncExitStack) -> Subject:
    await create_kinesis_stream(url, name, shards=2)
    stack.push_async_callback(delete_kinesis_stream, url, name)
    stack.enter_context(environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": url}))
    opened = kinesis_stream(name, region=ENVIRONMENT["AWS_REGION"], answer_seconds=PATIENCE_SECONDS)
    stream = await stack.enter_async_context(opened)
    return Subject(stream=stream, read=lambda: read_kinesis(url, name))


async def in_kafka(servers: str, topic: str, stack: AsyncExitStack) -> Subject:
    stream = await stack.enter_async_context(kafka_stream(servers, topic))
    return Subject(stream=stream, read=lambda: read_kafka(servers, topic))


# Kafka alone


async def test_kafka_headers_carry_content_type_and_trace(kafka_servers: str, name: str) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = OutgoingEvent(id="traced", key="tour:fan-1", body=b'{"id": "traced"}', traceparent=traceparent)
    async with kafka_stream(kafka_servers, name) as stream:
        await stream.publish([traced, event(1, 2)])

    first, second = await read_kafka(kafka_servers, name)

    assert first.headers == {"content-type": "application/cloudevents+json", "traceparent": traceparent}
    assert second.headers == {"content-type": "application/cloudevents+json"}
