"""Everything that a stream holds, read from its beginning as a consumer would; and what must be true of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from botocore.config import Config

from adapters.outgoing.aws import aws_session
from tests.support.servers.aws import AS_A_TEST

POLL_MS: Final = 500
SHARDS: Final = 4
LOOK_SECONDS: Final = 0.05
_CONFIG: Final = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One record as it lies in the stream."""

    key: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return str(self.event["id"])


def first_of_each(published: Iterable[Published]) -> dict[str, list[str]]:
    """Under each key the ids in their order, duplicates dropped as a consumer does."""
    seen: dict[str, dict[str, None]] = {}
    for record in published:
        seen.setdefault(record.key, {}).setdefault(record.id)
    return {key: list(ids) for key, ids in seen.items()}


async def read_kafka(servers: str, topic: str) -> list[Published]:
    """Those of one key in the order they were stored."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(partitions)
        found: list[Published] = []
        while not all([await consumer.position(partition) >= ends[partition] for partition in partitions]):
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            found += [_from_kafka(record) for batch in batches.values() for record in batch]
        return found
    finally:
        await consumer.stop()


def _from_kafka(record: Any) -> Published:
    headers = {name: value.decode() for name, value in record.headers}
    return Published(key=record.key.decode(), body=record.value, headers=headers)


@asynccontextmanager
async def kinesis(url: str) -> AsyncIterator[Any]:
    """A client of the AWS server at ``url``."""
    async with aws_session().client("kinesis", endpoint_url=url, config=_CONFIG, **AS_A_TEST) as client:
        yield client


async def create_kinesis_stream(url: str, name: str, shards: int = SHARDS) -> None:
    """Returns when records may be put into it."""
    async with kinesis(url) as client:
        await client.create_stream(StreamName=name, ShardCount=shards)
        while True:
            summary = await client.describe_stream_summary(StreamName=name)
            if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return
            await asyncio.sleep(LOOK_SECONDS)


async def delete_kinesis_stream(url: str, name: str) -> None:
    async with kinesis(url) as client:
        await client.delete_stream(StreamName=name)


async def read_kinesis(url: str, name: str) -> list[Published]:
    """Those of one key in the order they were stored."""
    async with kinesis(url) as client:
        shards = (await client.list_shards(StreamName=name))["Shards"]
        return [record for shard in shards for record in await _read_shard(client, name, shard["ShardId"])]


async def _read_shard(client: Any, name: str, shard: str) -> list[Published]:
    found: list[Published] = []
    response = await client.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    iterator = response["ShardIterator"]
    while True:
        page = await client.get_records(ShardIterator=iterator, Limit=10_000)
        found += [Published(key=record["PartitionKey"], body=record["Data"]) for record in page["Records"]]
        if not page["Records"] and not page["MillisBehindLatest"]:
            return found
        iterator = page["NextShardIterator"]
