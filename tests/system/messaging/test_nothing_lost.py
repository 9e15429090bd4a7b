"""No event is lost and none is invented, whichever process dies meanwhile (entry-service REQ-010)."""

from functools import partial
from typing import Final

from domain.model.cloud_events import TYPE_PREFIX
from domain.model.registrations.entry import EntryEvent
from tests.support.servers.aws import ENVIRONMENT
from tests.support.servers.faults import AwsProxy
from tests.support.servers.kafka import MockCluster
from tests.support.servers.reading import create_kinesis_stream, read_kafka, read_kinesis
from tests.support.world import World
from tests.system.messaging.ledger import Ledger, violations
from tests.system.messaging.storm import a_storm
from tests.system.messaging.trouble import brokers_fail, kinesis_fails, services_die

FANS: Final = 200
A_SECOND: Final = 20.0
CHANGES: Final = 1_100
"""At least, registrations included."""
DEATHS: Final = 3
"""Of workers, at least; it is more on machines that start them faster."""
TROUBLES: Final = 4
"""One of each kind."""
CROWDS_EVENTS: Final = set(EntryEvent) - {EntryEvent.WITHDRAWN, EntryEvent.ERASED}
"""The crowd withdraws nothing: erasures have a storm of their own, in tests/contracts/privacy."""


async def test_workers_and_services_are_killed_and_brokers_fail(
    world: World, database_url: str, failing_kafka: MockCluster, name: str
) -> None:
    failing_kafka.create_topic(name)
    to_kafka = {"FANGATE_STREAM": f"kafka://{failing_kafka.servers}/{name}"}
    async with a_storm(world, database_url, to_kafka, fans=FANS, a_second=A_SECOND) as storm:
        deaths, troubles, of_services = await storm.rage(
            partial(brokers_fail, failing_kafka), partial(services_die, storm.settings, storm.crowd.stage.client)
        )
        storm.calm()
        assert_nothing_is_wrong(storm.ledger(await read_kafka(failing_kafka.servers, name)))
    assert deaths >= DEATHS
    assert troubles >= TROUBLES
    assert of_services


async def test_workers_are_killed_and_kinesis_throttles_fails_and_loses_answers(
    world: World, database_url: str, failing_aws: AwsProxy, name: str
) -> None:
    await create_kinesis_stream(failing_aws.upstream, name)
    to_kinesis = ENVIRONMENT | {"AWS_ENDPOINT_URL": failing_aws.url, "FANGATE_STREAM": f"kinesis://{name}"}
    async with a_storm(world, database_url, to_kinesis, fans=FANS, a_second=A_SECOND) as storm:
        deaths, _ = await storm.rage(partial(kinesis_fails, failing_aws))
        storm.calm()
        assert_nothing_is_wrong(storm.ledger(await read_kinesis(failing_aws.upstream, name)))
    assert deaths >= DEATHS
    assert all(failing_aws.done[fault] for fault in ("throttled", "errors", "dropped"))


def assert_nothing_is_wrong(ledger: Ledger) -> None:
    found = violations(ledger)
    assert not found, "\n".join(found)
    print(f"{len(ledger.remembered)} events, published {len(ledger.published)} times")
    assert len(ledger.remembered) >= CHANGES
    assert {one.type for one in ledger.remembered.values()} == {f"{TYPE_PREFIX}{about}" for about in CROWDS_EVENTS}
