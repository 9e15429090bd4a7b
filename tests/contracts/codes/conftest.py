"""Every adapter of a port, each behind the same fixture.

``stores`` is one store; ``peers`` are two that share what they keep, as two processes would, so that races
between processes are run as well as those within one.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from adapters.memory.codes import MemoryCodeStore
from adapters.memory.imports import MemoryImportLog
from adapters.mongo.store import mongo_store
from ports.codes import CodeCatalogue, CodePool, ImportLog
from ports.system import HealthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The ports that one store fills."""

    pool: CodePool
    catalogue: CodeCatalogue
    imports: ImportLog
    health: HealthCheck


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Stores, Stores]]:
    if request.param == "memory":
        store = MemoryCodeStore()
        alone = Stores(pool=store, catalogue=store, imports=MemoryImportLog(), health=store)
        yield alone, alone
        return
    url: str = request.getfixturevalue("prepared_url")
    async with AsyncExitStack() as stack:
        yield await open_mongo(url, stack), await open_mongo(url, stack)


@pytest.fixture
def stores(peers: tuple[Stores, Stores]) -> Stores:
    return peers[0]


async def open_mongo(url: str, stack: AsyncExitStack) -> Stores:
    """To a prepared database."""
    mongo = await stack.enter_async_context(mongo_store(url))
    return Stores(pool=mongo.pool, catalogue=mongo.catalogue, imports=mongo.imports, health=mongo)
