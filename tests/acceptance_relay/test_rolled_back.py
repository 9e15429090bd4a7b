"""What may still be undone is not told: a change that dies with its primary was never published."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import httpx2

from tests.acceptance_entries.world import World, new_phone
from tests.acceptance_relay.ledger import violations
from tests.acceptance_relay.storm import a_storm
from tests.servers.mongod import Node, ReplicaSet
from tests.servers.reading import read_kafka
from tests.servers.worker import worker

DATABASE: Final = "undone"
LOOKED_SECONDS: Final = 1.0
"""A worker looks five times."""
PATIENCE_SECONDS: Final = 30.0
LONG_LEASE: Final = {"FANGATE_RELAY_LEASE": "30"}


async def test_a_change_that_only_the_dying_primary_has_is_not_told(
    world: World, three_nodes: ReplicaSet, kafka_servers: str, name: str
) -> None:
    more = {"FANGATE_STREAM": f"kafka://{kafka_servers}/{name}", **LONG_LEASE}
    async with a_storm(world, three_nodes.url(DATABASE), more, fans=0, a_second=1) as storm:
        stage, campaign = storm.crowd.stage, world.open_campaign(needs_phone_confirmation=False)
        ann, bob = stage.fans(campaign, 2)
        with worker(storm.settings):
            assert (await ann.register(new_phone())).is_success
            await _until(lambda: not storm.waiting())
            primary = three_nodes.primary()
            with three_nodes.not_copying(primary):
                registering = asyncio.create_task(bob.register(new_phone()))
                await _until(lambda: _has(primary, bob.id))
                await asyncio.sleep(LOOKED_SECONDS)
                stage.service.kill()  # Or its driver would make the same change once more.
                primary.kill()
            assert not await _promised(registering)
        assert not _has(three_nodes.primary(), bob.id), "it was undone"
        primary.start()
        storm.calm()
        found = violations(storm.ledger(await read_kafka(kafka_servers, name)))
    assert not found, "\n".join(found)


async def _promised(registering: "asyncio.Task[httpx2.Response]") -> bool:
    """Whether the fan was told yes. The answer dies with the service, but for one that gave up waiting before."""
    try:
        answer = await registering
    except httpx2.TransportError:
        return False
    return answer.is_success


def _has(node: Node, user: str) -> bool:
    """Whether or not it stays."""
    with node.client() as client:
        return client[DATABASE]["entries"].find_one({"userId": user}) is not None


async def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(seen):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)
