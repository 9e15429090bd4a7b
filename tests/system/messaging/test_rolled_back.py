"""What may still be undone is not told: a change that dies with its primary was never published."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import httpx2

from tests.support.fresh import new_phone
from tests.support.servers.mongod import Node, ReplicaSet
from tests.support.servers.reading import read_kafka
from tests.support.servers.worker import worker
from tests.support.world import World
from tests.system.messaging.ledger import violations
from tests.system.messaging.storm import a_storm

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
        (ann,) = stage.fans(campaign, 1)
        with worker(storm.settings):
            phone = new_phone()
            assert (await ann.register(phone)).is_success
            await _until(lambda: not storm.waiting())
            primary = three_nodes.primary()
            with three_nodes.not_copying(primary):
                # The same number: what is written first about a new one would wait for the others.
                changing = asyncio.create_task(ann.register(phone, ["bos"]))
                await _until(lambda: _revision(primary, ann.id) == 2)
                await asyncio.sleep(LOOKED_SECONDS)
                stage.service.kill()  # Or its driver would make the same change once more.
                primary.kill()
            assert not await _promised(changing)
        assert _revision(three_nodes.primary(), ann.id) == 1, "it was undone"
        primary.start()
        storm.calm()
        found = violations(storm.ledger(await read_kafka(kafka_servers, name)))
    assert not found, "\n".join(found)


async def _promised(changing: "asyncio.Task[httpx2.Response]") -> bool:
    """Whether the fan was told yes. The answer dies with the service, but for one that gave up waiting before."""
    try:
        answer = await changing
    except httpx2.TransportError:
        return False
    return answer.is_success


def _revision(node: Node, user: str) -> int:
    """Whether or not it stays."""
    with node.client() as client:
        entry = client[DATABASE]["entries"].find_one({"userId": user})
    return entry["revision"] if entry else 0


async def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(seen):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)
