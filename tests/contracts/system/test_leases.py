"""What every Leases promises, and what workers build on it: two workers never hold the same partition."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from domain.model.messaging.leases import PARTITIONS, Shares
from entrypoints.worker.held_partitions import HeldPartitions
from ports.system import Leases, SharesChange
from tests.contracts.two_processes import two_views

LEASE = timedelta(seconds=30)
SHORT = timedelta(seconds=0.3)
LONGER = timedelta(seconds=1.5)
"""Long enough for a slow machine to renew in time."""
PATIENCE_SECONDS = 30.0


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Leases, Leases]]:
    """Two processes' views of the same leases."""
    async with two_views(request) as (first, second):
        yield first.leases, second.leases


def renewal(worker: str, lease: timedelta = LEASE) -> SharesChange:
    return lambda shares, now: shares.renewed(worker, now, lease)


async def test_all_see_the_same_stored_leases(peers: tuple[Leases, Leases]) -> None:
    shares, now = await peers[0].change(renewal("a"))
    seen, later = await peers[1].change(lambda shares, _: shares)

    assert seen == shares
    assert later >= now
    share = shares.of("a")
    assert share is not None
    assert (len(share.partitions), share.until) == (PARTITIONS, now + LEASE)
    assert (await peers[1].change(lambda shares, _: shares.without("a")))[0] == Shares()


async def test_the_current_shares_are_read_without_a_change(peers: tuple[Leases, Leases]) -> None:
    assert (await peers[0].current())[0] == Shares()
    changed, then = await peers[0].change(renewal("a"))

    shares, now = await peers[1].current()

    assert shares == changed
    assert then <= now < then + LEASE


async def test_changes_at_once_are_all_made(peers: tuple[Leases, Leases]) -> None:
    names = [f"worker-{number:02}" for number in range(12)]

    await asyncio.gather(*(peers[n % 2].change(renewal(name)) for n, name in enumerate(names)))

    shares, _ = await peers[0].change(lambda shares, _: shares)
    assert sorted(share.worker for share in shares.shares) == names
    assert sorted(partition for share in shares.shares for partition in share.partitions) == list(
        range(PARTITIONS)
    )


@dataclass(slots=True)
class Floor:
    """The partitions that are held by any worker at this moment."""

    holders: dict[int, str] = field(default_factory=dict)
    clashes: list[tuple[str, str]] = field(default_factory=list)
    done: int = 0

    async def work(self, worker: str, held: HeldPartitions) -> None:
        async with held.working_on(range(PARTITIONS)) as partitions:
            self.clashes += [
                (worker, self.holders[partition]) for partition in partitions if partition in self.holders
            ]
            self.holders |= dict.fromkeys(partitions, worker)
            try:
                await asyncio.sleep(random.uniform(0, 0.02))
                self.done += len(partitions)
            finally:
                for partition in partitions:
                    del self.holders[partition]


async def work(
    floor: Floor, held: HeldPartitions, worker: str, chance: random.Random, until: asyncio.Event
) -> None:
    """Join, work, renew late or not at all, leave and join again, like processes that are stopped and started."""
    while not until.is_set():
        pause = await held.renew()
        began = asyncio.get_running_loop().time()
        late = chance.choice((0, 0, 0, 3 * SHORT.total_seconds()))
        while asyncio.get_running_loop().time() < began + pause + late and not until.is_set():
            with suppress(TimeoutError):
                await floor.work(worker, held)
        if chance.random() < 0.1:
            await held.give_back()
            await asyncio.sleep(0.05)
    await held.give_back()


async def test_two_workers_never_hold_the_same_partition(peers: tuple[Leases, Leases]) -> None:
    """Eight workers that join, dawdle beyond their lease, leave and return, in two processes."""
    floor, until = Floor(), asyncio.Event()
    workers = [
        asyncio.create_task(
            work(floor, HeldPartitions(peers[n % 2], f"w{n}", SHORT), f"w{n}", random.Random(n), until)
        )
        for n in range(8)
    ]
    await asyncio.sleep(2)
    async with asyncio.timeout(2 * PATIENCE_SECONDS):
        while floor.done <= PARTITIONS:  # On a busy machine leases end before they are used.
            await asyncio.sleep(0.1)
    until.set()
    await asyncio.gather(*workers)

    assert floor.clashes == []


async def settled(*workers: HeldPartitions) -> None:
    """Each renews when it is due, until no worker waits for partitions."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len({partition for one in workers for partition in one.partitions}) < PARTITIONS or not all(
            one.partitions for one in workers
        ):
            for one in workers:
                await one.renew()


async def test_workers_share_and_take_over(peers: tuple[Leases, Leases]) -> None:
    one, another = HeldPartitions(peers[0], "one", LEASE), HeldPartitions(peers[1], "another", LEASE)
    await one.renew()
    assert len(one.partitions) == PARTITIONS

    await settled(one, another)
    assert (len(one.partitions), len(another.partitions)) == (PARTITIONS // 2, PARTITIONS // 2)

    await one.give_back()
    assert one.partitions == frozenset()
    await another.renew()
    assert len(another.partitions) == PARTITIONS, "at once, although the lease was not over"


async def test_a_held_partition_is_not_given_away(peers: tuple[Leases, Leases]) -> None:
    one, another = HeldPartitions(peers[0], "one", LEASE), HeldPartitions(peers[1], "another", LEASE)
    await one.renew()

    async with one.working_on(range(PARTITIONS)) as partitions:
        assert len(partitions) == PARTITIONS
        for _ in range(3):
            await another.renew()
            await one.renew()
        assert another.partitions == frozenset()

    await settled(one, another)


async def test_partitions_of_a_dead_worker_are_taken_over_when_its_lease_is_over(
    peers: tuple[Leases, Leases],
) -> None:
    dead, alive = HeldPartitions(peers[0], "dead", SHORT), HeldPartitions(peers[1], "alive", SHORT)
    await dead.renew()
    pause = await alive.renew()
    waited = 0.0
    while not alive.partitions:
        assert dead.partitions == frozenset() or not alive.partitions
        await asyncio.sleep(pause)
        waited += pause
        pause = await alive.renew()

    assert len(alive.partitions) == PARTITIONS
    assert waited <= 2 * SHORT.total_seconds(), "it looks again when the other's lease is over"


async def test_work_stops_if_the_lease_cannot_be_renewed(peers: tuple[Leases, Leases]) -> None:
    held = HeldPartitions(peers[0], "one", SHORT)
    await held.renew()

    with pytest.raises(TimeoutError):
        async with held.working_on(range(PARTITIONS)):
            await asyncio.sleep(PATIENCE_SECONDS)

    assert held.partitions == frozenset()


async def test_work_that_is_being_stopped_does_not_hinder_the_renewal(peers: tuple[Leases, Leases]) -> None:
    held = HeldPartitions(peers[0], "one", SHORT)
    await held.renew()
    stopping, last_call = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with held.working_on(range(PARTITIONS)):
            try:
                await asyncio.sleep(PATIENCE_SECONDS)
            finally:
                stopping.set()
                await last_call.wait()

    working = asyncio.create_task(work())
    await stopping.wait()

    await held.renew()

    last_call.set()
    with pytest.raises(TimeoutError):
        await working


async def test_work_goes_on_while_the_lease_is_renewed(peers: tuple[Leases, Leases]) -> None:
    held = HeldPartitions(peers[0], "one", LONGER)
    await held.renew()

    async with held.working_on(range(PARTITIONS)):
        for _ in range(8):
            await asyncio.sleep(LONGER.total_seconds() / 6)
            await held.renew()

    assert len(held.partitions) == PARTITIONS
