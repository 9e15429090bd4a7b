"""The ports of registrations over each of their adapters.

A pytest plugin: a module of tests names it in ``pytest_plugins``.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.mongo.store import mongo_store
from ports.entries import EntryQueries
from tests.contracts.entry_stores import Asking, EntryPorts


@pytest.fixture(params=["memory", "mongo"])
async def entry_ports(request: pytest.FixtureRequest) -> AsyncIterator[EntryPorts]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield in_memory()
        else:
            url: str = request.getfixturevalue("database_url")
            yield await in_mongo(url, stack)


@pytest.fixture
async def mongo_entry_ports(database_url: str) -> AsyncIterator[EntryPorts]:
    async with AsyncExitStack() as stack:
        yield await in_mongo(database_url, stack)


@pytest.fixture
async def queries_over_one_connection(database_url: str) -> AsyncIterator[EntryQueries]:
    """To the same database as ``mongo_entry_ports``; what is asked side by side is answered in turn."""
    async with mongo_store(f"{database_url}&maxPoolSize=1") as store:
        yield store.entry_queries


def in_memory() -> EntryPorts:
    asking = Asking()
    store = MemoryEntryStore(origin=asking)
    return EntryPorts(
        entries=store,
        queries=MemoryEntryQueries(store),
        scores=store,
        phone_book=MemoryPhoneBook(),
        budgets=MemoryFanBudgets(),
        outbox=MemoryOutbox(store),
        asking=asking,
    )


async def in_mongo(url: str, stack: AsyncExitStack) -> EntryPorts:
    asking = Asking()
    store = await stack.enter_async_context(mongo_store(url, origin=asking))
    await store.migrate()
    return EntryPorts(
        entries=store.entries,
        queries=store.entry_queries,
        scores=store.scores,
        phone_book=store.phone_book,
        budgets=store.budgets,
        outbox=store.outbox,
        asking=asking,
        scoring=store.database["scoring"],
    )
