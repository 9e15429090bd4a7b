"""A Kinesis that gets more than its shards take in a second: no event is lost, and each key keeps its order."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.kinesis.stream import KinesisStream, kinesis_stream
from domain.model.cloud_events import OutgoingEvent
from tests.contracts.stream_promises import event, in_order
from tests.support.servers.aws import ENVIRONMENT, environment
from tests.support.servers.faults import AwsProxy, Faults
from tests.support.servers.reading import create_kinesis_stream, first_of_each, read_kinesis
from tests.support.servers.shard_limits import BYTES, RECORDS, ShardLimits

SHARDS = 2
A_TENTH = 10
"""Of the limits: the test then needs a tenth of the events. Requests are not larger than the limits then."""


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
async def stream(failing_kinesis: AwsProxy, name: str) -> AsyncIterator[KinesisStream]:
    await create_kinesis_stream(failing_kinesis.upstream, name, SHARDS)
    failing_kinesis.faults = Faults(limits=ShardLimits(SHARDS, RECORDS // A_TENTH, BYTES // A_TENTH))
    with environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": failing_kinesis.url}):
        async with kinesis_stream(name, region=ENVIRONMENT["AWS_REGION"]) as stream:
            yield stream


MANY = [event(fan, number) for number in range(2) for fan in range(250)]
LARGE = [event(fan, number, text="x" * size) for number, size in enumerate((20_000, 100)) for fan in range(20)]
"""A shard that has no room for the first of a key has room for the second: it must not overtake."""


@pytest.mark.parametrize("events", [MANY, LARGE], ids=["too many records", "too many bytes"])
async def test_throttled_events_come_later_and_once(
    stream: KinesisStream, failing_kinesis: AwsProxy, name: str, events: Sequence[OutgoingEvent]
) -> None:
    """Two calls at once, as two relays have it."""
    half = len({one.key for one in events}) // 2
    first = sorted({one.key for one in events})[:half]
    calls = ([one for one in events if one.key in first], [one for one in events if one.key not in first])

    assert [list(refused) for refused in await asyncio.gather(*map(stream.publish, calls))] == [[], []]

    assert failing_kinesis.done["beyond_limits"]
    read = await read_kinesis(failing_kinesis.upstream, name)
    assert first_of_each(read) == in_order(events)
    assert len(read) == len(events)
