"""What every Leases promises, and what workers make of it: no slot is ever in two hands."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.memory.leases import MemoryLeases
from adapters.mongo.store import mongo_store
from domain.model.messaging.leases import SLOTS, Shares
from domain.usecases.messaging.hold_partitions import HoldSlots
from ports.system import Leases, SharesChange

LEASE = timedelta(seconds=30)
SHORT = timedelta(seconds=0.3)
PATIENCE_SECONDS = 30.0


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Leases, Leases]]:
    """Two processes' views of the same leases."""
    if request.param == "memory":
        alone = MemoryLeases()
        yield alone, alone
        return
    url: str = request.getfixturevalue("database_url")
    async with AsyncExitStack() as stack:
        one, another = [await stack.enter_async_context(mongo_store(url)) for _ in range(2)]
        yield one.leases, another.leases


def renewal(worker: str, lease: timedelta = LEASE) -> SharesChange:
    return lambda shares, now: shares.renewed(worker, now, lease)


async def test_what_is_stored_is_what_all_see(peers: tuple[Leases, Leases]) -> None:
    shares, now = await peers[0].change(renewal("a"))
    seen, later = await peers[1].change(lambda shares, _: shares)

    assert seen == shares
    assert later >= now
    share = shares.of("a")
    assert share is not None
    assert (len(share.slots), share.until) == (SLOTS, now + LEASE)
    assert (await peers[1].change(lambda shares, _: shares.without("a")))[0] == Shares()


async def test_changes_at_once_are_all_made(peers: tuple[Leases, Leases]) -> None:
    names = [f"worker-{number:02}" for number in range(12)]

    await asyncio.gather(*(peers[n % 2].change(renewal(name)) for n, name in enumerate(names)))

    shares, _ = await peers[0].change(lambda shares, _: shares)
    assert sorted(share.worker for share in shares.shares) == names
    assert sorted(slot for share in shares.shares for slot in share.slots) == list(range(SLOTS))


@dataclass(slots=True)
class Floor:
    """What is in hand, by anybody, at any moment."""

    holders: dict[int, str] = field(default_factory=dict)
    clashes: list[tuple[str, str]] = field(default_factory=list)
    done: int = 0

    async def work(self, worker: str, held: HoldSlots) -> None:
        async with held.in_hand(range(SLOTS)) as slots:
            self.clashes += [(worker, self.holders[slot]) for slot in slots if slot in self.holders]
            self.holders |= dict.fromkeys(slots, worker)
            try:
                await asyncio.sleep(random.uniform(0, 0.02))
                self.done += len(slots)
            finally:
                for slot in slots:
                    del self.holders[slot]


async def work(floor: Floor, held: HoldSlots, worker: str, chance: random.Random, until: asyncio.Event) -> None:
    """Come, work, renew late or not at all, go and come again, as processes do that are stopped and started."""
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


async def test_no_slot_is_ever_in_two_hands(peers: tuple[Leases, Leases]) -> None:
    """Eight workers that join, dawdle beyond their lease, leave and return, in two processes."""
    floor, until = Floor(), asyncio.Event()
    workers = [
        asyncio.create_task(work(floor, HoldSlots(peers[n % 2], f"w{n}", SHORT), f"w{n}", random.Random(n), until))
        for n in range(8)
    ]
    await asyncio.sleep(4)
    until.set()
    await asyncio.gather(*workers)

    assert floor.clashes == []
    assert floor.done > SLOTS


async def settled(*workers: HoldSlots) -> None:
    """Each renews when it is due, until none is waiting for slots."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len({slot for one in workers for slot in one.slots}) < SLOTS or not all(
            one.slots for one in workers
        ):
            for one in workers:
                await one.renew()


async def test_workers_share_and_take_over(peers: tuple[Leases, Leases]) -> None:
    one, another = HoldSlots(peers[0], "one", LEASE), HoldSlots(peers[1], "another", LEASE)
    await one.renew()
    assert len(one.slots) == SLOTS

    await settled(one, another)
    assert (len(one.slots), len(another.slots)) == (SLOTS // 2, SLOTS // 2)

    await one.give_back()
    assert one.slots == frozenset()
    await another.renew()
    assert len(another.slots) == SLOTS, "at once, although the lease was not over"


async def test_what_is_in_hand_is_not_given_away(peers: tuple[Leases, Leases]) -> None:
    one, another = HoldSlots(peers[0], "one", LEASE), HoldSlots(peers[1], "another", LEASE)
    await one.renew()

    async with one.in_hand(range(SLOTS)) as slots:
        assert len(slots) == SLOTS
        for _ in range(3):
            await another.renew()
            await one.renew()
        assert another.slots == frozenset()

    await settled(one, another)


async def test_who_dies_is_succeeded_when_the_lease_is_over(peers: tuple[Leases, Leases]) -> None:
    dead, alive = HoldSlots(peers[0], "dead", SHORT), HoldSlots(peers[1], "alive", SHORT)
    await dead.renew()
    pause = await alive.renew()
    waited = 0.0
    while not alive.slots:
        assert dead.slots == frozenset() or not alive.slots
        await asyncio.sleep(pause)
        waited += pause
        pause = await alive.renew()

    assert len(alive.slots) == SLOTS
    assert waited <= 2 * SHORT.total_seconds(), "it looks again when the other's lease is over"


async def test_work_stops_when_the_lease_cannot_be_renewed(peers: tuple[Leases, Leases]) -> None:
    held = HoldSlots(peers[0], "one", SHORT)
    await held.renew()

    with pytest.raises(TimeoutError):
        async with held.in_hand(range(SLOTS)):
            await asyncio.sleep(PATIENCE_SECONDS)

    assert held.slots == frozenset()


async def test_work_goes_on_while_the_lease_is_renewed(peers: tuple[Leases, Leases]) -> None:
    held = HoldSlots(peers[0], "one", SHORT)
    await held.renew()

    async with held.in_hand(range(SLOTS)):
        for _ in range(8):
            await asyncio.sleep(SHORT.total_seconds() / 4)
            await held.renew()

    assert len(held.slots) == SLOTS
