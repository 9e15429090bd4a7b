"""A MongoDB that is not there, that dies, and that comes back."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from adapters.mongo.store import MongoStore, mongo_store
from domain.model.codes.imports import Tally
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.errors import Unavailable
from tests.support.codes import MINE, NOON, TM, TOUR, a_batch, a_claim, an_import, texts
from tests.support.servers.backends import unavailable
from tests.support.servers.mongod import ReplicaSet, packaged_mongod, replica_set
from tests.support.servers.ports import free_port

LEAK = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""PyMongo's monitor, cancelled while it connects to a server that is gone, leaves the socket to the collector."""


@LEAK
async def test_a_server_that_is_not_there_is_unavailable() -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/fangate?serverSelectionTimeoutMS=100"
    async with mongo_store(url) as store:
        with pytest.raises(Unavailable):
            await store.ping()
        with pytest.raises(Unavailable):
            await store.prepare()


@pytest.fixture
def mortal() -> Iterator[ReplicaSet]:
    """A server of this test's own, which it may kill."""
    if packaged_mongod() is None:
        unavailable("a MongoDB that can be killed: use Linux on x86-64")
    with replica_set() as nodes:
        yield nodes
    gc.collect()  # So that what LEAK allows is found missing here, not in some later test.


@LEAK
async def test_a_server_that_dies_is_unavailable_and_comes_back_with_everything(mortal: ReplicaSet) -> None:
    async with mongo_store(mortal.url("fangate") + "&serverSelectionTimeoutMS=300") as store:
        await store.prepare()
        await store.pool.add(a_batch(["A", "B"]))
        await store.pool.claim(a_claim())
        await store.imports.save(an_import())

        mortal.nodes[0].kill()
        for ask in questions(store):
            with pytest.raises(Unavailable):
                await ask()

        await come_back(mortal, store)
        assert (await store.catalogue.count(TOUR, NOON))[TM] == StatusCounts(available=1, reserved=1)
        assert await store.imports.get(TOUR, an_import().id) == an_import()


async def come_back(mortal: ReplicaSet, store: MongoStore) -> None:
    """Start the server again and wait until the store has found it."""
    mortal.nodes[0].start()
    await asyncio.to_thread(mortal.primary)
    for _ in range(100):
        try:
            return await store.ping()
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the store does not find its server again")


def questions(store: MongoStore) -> list[Callable[[], Awaitable[object]]]:
    return [
        store.ping,
        store.prepare,
        lambda: store.pool.claim(a_claim(2, reserve_id="reservation-2")),
        lambda: store.pool.change(TOUR, ["A"], lambda code: code),
        lambda: store.pool.held(TOUR, MINE, NOON),
        lambda: store.pool.sweep(NOON, 1),
        lambda: store.catalogue.count(TOUR, NOON),
        lambda: store.catalogue.get(TOUR, "A"),
        lambda: store.catalogue.page(TOUR, CodeFilter(), after=None, limit=1, now=NOON),
        lambda: store.imports.save(an_import("import-2")),
        lambda: store.imports.get(TOUR, an_import().id),
    ]


@LEAK
async def test_an_import_survives_the_loss_of_the_server(mortal: ReplicaSet) -> None:
    """Acknowledged codes stay. The other codes are added again, and counted once."""
    async with mongo_store(mortal.url("fangate") + "&serverSelectionTimeoutMS=300") as store:
        await store.prepare()
        await store.pool.add(a_batch(texts("A", 100)))
        mortal.nodes[0].kill()
        adding = asyncio.create_task(store.pool.add(a_batch(texts("A", 200))))
        with pytest.raises(Unavailable):
            await store.ping()
        assert not adding.done()

        await come_back(mortal, store)

        assert await adding == Tally(inserted=200)
        assert (await store.catalogue.count(TOUR, NOON))[TM] == StatusCounts(available=200)
