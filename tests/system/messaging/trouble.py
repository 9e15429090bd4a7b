"""What may happen while events are on their way, again and again until ``enough``; each tells how often it did."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

import httpx2

from tests.support.servers.apache_kafka.brokers import Cluster
from tests.support.servers.faults import AwsProxy, Faults
from tests.support.servers.kafka import BROKERS, Api, Failure, MockCluster
from tests.support.servers.mongod import Node, ReplicaSet
from tests.support.servers.service import service
from tests.support.servers.worker import worker

LIFE_SECONDS: Final = (0.5, 2.5)
"""Of a worker that has begun: some end before what another left behind can be taken over."""
SERVICE_LIFE_SECONDS: Final = (1.0, 4.0)
BROKERS_LIFE_SECONDS: Final = (1.0, 3.0)
TROUBLE_SECONDS: Final = (0.3, 1.5)
PEACE_SECONDS: Final = (0.3, 1.0)
PRIMARIES: Final = 2
"""Are killed: each costs seconds, in which nothing can be written."""
RECOVERY_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 0.05
FAILURES: Final = (
    Failure.HANG_UP,
    Failure.NOT_LEADER,
    Failure.TIMED_OUT,
    Failure.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    Failure.OUT_OF_ORDER_SEQUENCE,
    Failure.UNKNOWN_PRODUCER_ID,
    Failure.NONE,
)
NEVER_ANSWERED_MS: Final = 60_000


async def workers_die(settings: Mapping[str, str], enough: asyncio.Event, seed: int) -> int:
    """One lives after the other; each is killed without a word."""
    dice = random.Random(seed)
    deaths = 0
    while not enough.is_set():
        with worker(settings, ready=False) as running:
            while "worker.started" not in running.logged() and not enough.is_set():
                assert running.process.poll() is None, running.logged()
                await asyncio.sleep(LOOK_SECONDS)
            await _pause(enough, dice, LIFE_SECONDS)
            running.kill()
            assert "Traceback" not in running.logged()
        deaths += 1
    return deaths


async def services_die(settings: Mapping[str, str], client: httpx2.AsyncClient, enough: asyncio.Event) -> int:
    """``client`` is served by one after the other, each killed in the middle of its work; and in the end
    by the first service again."""
    dice = random.Random(3)
    before = client.base_url
    deaths = 0
    while not enough.is_set():
        with ExitStack() as stack:
            running = await asyncio.to_thread(stack.enter_context, service(settings))
            client.base_url = httpx2.URL(running.url)
            await _pause(enough, dice, SERVICE_LIFE_SECONDS)
            client.base_url = before
            running.kill()
        deaths += 1
    return deaths


async def brokers_fail(kafka: MockCluster, enough: asyncio.Event) -> int:
    """All are down, or one is; requests fail in many ways; or all is stored and nothing is answered."""
    dice = random.Random(1)
    times = 0
    while not enough.is_set():
        match times % 4:
            case 0:
                kafka.set_down(*BROKERS)
            case 1:
                kafka.fail_next(Api.PRODUCE, dice.choices(FAILURES, k=12))
            case 2:
                kafka.dawdle(NEVER_ANSWERED_MS)
            case _:
                kafka.set_down(dice.choice(BROKERS))
        await _pause(enough, dice, TROUBLE_SECONDS)
        kafka.heal()
        times += 1
        await _pause(enough, dice, PEACE_SECONDS)
    return times


async def all_brokers_die(cluster: Cluster, enough: asyncio.Event) -> int:
    """Without a word, in the middle of their work; after a moment they are started again."""
    dice = random.Random(4)
    deaths = 0
    while not enough.is_set():
        await _pause(enough, dice, BROKERS_LIFE_SECONDS)
        for node in cluster.nodes.values():
            node.kill()
        deaths += 1
        await _pause(enough, dice, TROUBLE_SECONDS)
        for node in cluster.nodes.values():
            node.start()
        await asyncio.to_thread(cluster.wait)
    return deaths


THROTTLED: Final = 1 / 3
"""Of all records, all the time."""
WEATHER: Final = (
    Faults(throttled=THROTTLED),
    Faults(throttled=THROTTLED, errors=0.2, dropped=0.2),
    Faults(throttled=THROTTLED, seconds=0.3),
    Faults(errors=1),
    Faults(throttled=THROTTLED, dropped=0.5, seconds=0.05),
    Faults(dropped=1),
)


async def kinesis_fails(aws: AwsProxy, enough: asyncio.Event) -> int:
    """A third of the records is throttled; besides, requests fail, take long, or are done and not answered."""
    dice = random.Random(2)
    times = 0
    while not enough.is_set():
        aws.faults = WEATHER[times % len(WEATHER)]
        times += 1
        await _pause(enough, dice, TROUBLE_SECONDS)
    aws.faults = Faults()
    return times


async def primaries_die(nodes: ReplicaSet, enough: asyncio.Event) -> int:
    """Whichever it is, a few times; it comes back as one of the others before the next one dies."""
    deaths = 0
    while deaths < PRIMARIES and not enough.is_set():
        await asyncio.sleep(RECOVERY_SECONDS)
        primary = await asyncio.to_thread(nodes.primary)
        primary.kill()
        deaths += 1
        await asyncio.to_thread(nodes.primary)
        primary.start()
        while not await asyncio.to_thread(_follows, primary):
            await asyncio.sleep(LOOK_SECONDS)
    return deaths


def _follows(node: Node) -> bool:
    """Waits until it answers."""
    with node.client() as client:
        hello = client.admin.command("hello")
        return bool(hello["secondary"] or hello["isWritablePrimary"])


async def _pause(enough: asyncio.Event, dice: random.Random, seconds: tuple[float, float]) -> None:
    """No longer than until it is enough."""
    try:
        async with asyncio.timeout(dice.uniform(*seconds)):
            await enough.wait()
    except TimeoutError:
        pass
