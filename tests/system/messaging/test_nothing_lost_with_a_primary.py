"""No event is lost and none is invented when the primary dies too (entry-service REQ-010).

It is a file of its own, since files are run side by side.
"""

from functools import partial

from tests.support.servers.kafka import MockCluster
from tests.support.servers.mongod import ReplicaSet
from tests.support.servers.reading import read_kafka
from tests.support.world import World
from tests.system.messaging.storm import a_storm
from tests.system.messaging.test_nothing_lost import A_SECOND, DEATHS, FANS, assert_nothing_is_wrong
from tests.system.messaging.trouble import brokers_fail, primaries_die


async def test_workers_are_killed_brokers_fail_and_the_primary_dies(
    world: World, three_nodes: ReplicaSet, failing_kafka: MockCluster, name: str
) -> None:
    """A change that was not answered may be stored or not. What is stored is published."""
    failing_kafka.create_topic(name)
    to_kafka = {"FANGATE_STREAM": f"kafka://{failing_kafka.servers}/{name}"}
    async with a_storm(world, three_nodes.url("storm"), to_kafka, fans=FANS, a_second=A_SECOND) as storm:
        deaths, _, primaries = await storm.rage(
            partial(brokers_fail, failing_kafka), partial(primaries_die, three_nodes)
        )
        storm.calm()
        assert_nothing_is_wrong(storm.ledger(await read_kafka(failing_kafka.servers, name)))
    assert deaths >= DEATHS
    assert primaries
