"""What may still be undone is not told: a change that dies with its primary was never published."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx2
from pymongo import WriteConcern

from tests.acceptance_entries.world import World, new_phone
from tests.acceptance_relay.ledger import violations
from tests.acceptance_relay.storm import a_storm
from tests.servers.mongod import Node, ReplicaSet
from tests.servers.reading import read_kafka
from tests.servers.worker import worker

DATABASE: Final = "undone"
LOOKED_SECONDS: Final = 1.0
"""A worker looks five times, and the primary, left alone, has not yet resigned."""
PATIENCE_SECONDS: Final = 30.0
LONG_LEASE: Final = {"FANGATE_RELAY_LEASE": "30"}
ONE: Final = WriteConcern(w=1)
NOISE: Final = [{"noise": os.urandom(1_000_000)} for _ in range(32)]
"""More than sockets hold, however it is packed: without it, what the primary writes would wait there for the nodes
that stand still."""


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
            with _standing_still(three_nodes, primary):
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
    """Whether the fan was told yes. Mostly the answer dies with the service; one that resigns first says no."""
    try:
        answer = await registering
    except httpx2.TransportError:
        return False
    return answer.is_success


def _has(node: Node, user: str) -> bool:
    """Whether or not it stays."""
    with node.client() as client:
        return client[DATABASE]["entries"].find_one({"userId": user}) is not None


@contextmanager
def _standing_still(nodes: ReplicaSet, primary: Node) -> Iterator[None]:
    """All but the primary."""
    others = [node.process for node in nodes.nodes if node is not primary and node.process is not None]
    for process in others:
        process.send_signal(signal.SIGSTOP)
    try:
        with primary.client() as client:
            client["other"].get_collection("noise", write_concern=ONE).insert_many(NOISE)
        yield
    finally:
        for process in others:
            process.send_signal(signal.SIGCONT)


async def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(seen):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)
