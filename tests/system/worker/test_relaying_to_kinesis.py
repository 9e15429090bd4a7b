"""``fangate worker`` between a real database and a Kinesis that throttles each shard."""

import asyncio
import uuid
from functools import partial

from adapters.mongo.store import mongo_store
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Details, Entry, EntryEvent
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from tests.support.registrations import NOON
from tests.support.servers.aws import ENVIRONMENT
from tests.support.servers.faults import AwsProxy, Faults
from tests.support.servers.reading import create_kinesis_stream, first_of_each, read_kinesis
from tests.support.servers.shard_limits import ShardLimits
from tests.support.servers.worker import worker

TOUR = CampaignId("tour")
FANS = 60
RECORDS_A_SECOND = 40
"""Of the only shard. It is less than one request of the worker has."""
PATIENCE_SECONDS = 60.0


def _registered(user: UserId, _: Entry | None) -> Entry:
    """It waits with two events."""
    phone = PhoneNumber(f"+1212{int(uuid.uuid4()) % 10**7:07}")
    entry = Entry.register(TOUR, user, Details(phone=phone, markets=(MarketId("nyc"),), attributes={}), NOON)
    return entry.with_event(EntryEvent.CREATED, NOON).with_event(EntryEvent.UPDATED, NOON)


async def test_a_worker_publishes_all_in_order_to_a_shard_that_throttles(
    database_url: str, failing_kinesis: AwsProxy
) -> None:
    name = f"entries-{uuid.uuid4().hex}"
    await create_kinesis_stream(failing_kinesis.upstream, name, shards=1)
    failing_kinesis.faults = Faults(limits=ShardLimits(shards=1, records=RECORDS_A_SECOND))
    aws = ENVIRONMENT | {"AWS_ENDPOINT_URL": failing_kinesis.url}
    settings = aws | {"FANGATE_STORE": database_url, "FANGATE_STREAM": f"kinesis://{name}"}
    async with mongo_store(database_url) as store:
        await store.migrate()
        for number in range(FANS):
            user = UserId(f"fan-{number:03}")
            await store.entries.change(TOUR, user, partial(_registered, user))
        with worker(settings) as running:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await store.outbox.standing()).waiting:
                    await asyncio.sleep(0.1)
            assert running.stop() == 0

    read = await read_kinesis(failing_kinesis.upstream, name)
    assert failing_kinesis.done["beyond_limits"]
    types = {record.id: record.event["type"] for record in read}
    assert {key: [types[id] for id in ids] for key, ids in first_of_each(read).items()} == {
        f"{TOUR}:fan-{number:03}": ["fangate.entry.created", "fangate.entry.updated"] for number in range(FANS)
    }
    assert len(read) == 2 * FANS, "no record is sent again that was stored"
