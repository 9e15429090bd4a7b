"""No event is lost and none is invented while Apache Kafka itself is killed, and so are workers (REQ-010)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest

from tests.support.servers import backends
from tests.support.servers.apache_kafka.brokers import Cluster
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.reading import read_kafka
from tests.support.world import World
from tests.system.messaging.ledger import violations
from tests.system.messaging.storm import a_storm
from tests.system.messaging.trouble import all_brokers_die

FANS: Final = 150
A_SECOND: Final = 10.0
CHANGES: Final = 600
"""At least, registrations included."""


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """One broker, which signs in the user ``relay``."""
    with backends.apache_kafka_cluster(1) as cluster:
        cluster.kafka.administration.set_password("relay", PASSWORD)
        yield cluster


async def test_workers_and_the_broker_are_killed(
    world: World, database_url: str, mortal: Cluster, name: str
) -> None:
    kafka = mortal.kafka
    kafka.administration.create_topic(name)
    kafka.administration.allow("relay", name)
    settings = {
        "FANGATE_STREAM": f"kafka+ssl://relay:{PASSWORD}@{kafka.of('SASL_SSL')}/{name}",
        "FANGATE_KAFKA_CA": str(kafka.authority),
    }
    async with a_storm(world, database_url, settings, fans=FANS, a_second=A_SECOND) as storm:
        deaths, of_brokers = await storm.rage(partial(all_brokers_die, mortal))
        storm.calm()
        ledger = storm.ledger(await read_kafka(kafka.servers, name))

    found = violations(ledger)
    assert not found, "\n".join(found)
    print(
        f"{len(ledger.remembered)} events, published {len(ledger.published)} times; {deaths}, {of_brokers} deaths"
    )
    assert len(ledger.remembered) >= CHANGES
    assert deaths
    assert of_brokers
