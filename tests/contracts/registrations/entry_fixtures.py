"""The ports of registrations over each of their adapters.

A pytest plugin: a module of tests names it in ``pytest_plugins``.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.mongo.store import mongo_store
from ports.entries import EntryQueries
from tests.contracts.registrations.entry_adapters import in_memory, in_mongo
from tests.contracts.registrations.entry_stores import EntryPorts


@pytest.fixture(params=["memory", "mongo"])
async def entry_ports(request: pytest.FixtureRequest) -> AsyncIterator[EntryPorts]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield in_memory()
        else:
            url: str = request.getfixturevalue("prepared_url")
            yield await in_mongo(url, stack)


@pytest.fixture(params=["memory", "mongo"])
async def entry_peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[EntryPorts, EntryPorts]]:
    """Two that share what they keep, as two processes would."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            alone = in_memory()
            yield alone, alone
        else:
            url: str = request.getfixturevalue("prepared_url")
            yield await in_mongo(url, stack), await in_mongo(url, stack)


@pytest.fixture
async def mongo_entry_ports(prepared_url: str) -> AsyncIterator[EntryPorts]:
    async with AsyncExitStack() as stack:
        yield await in_mongo(prepared_url, stack)


@pytest.fixture
async def queries_over_one_connection(prepared_url: str) -> AsyncIterator[EntryQueries]:
    """To the same database as ``mongo_entry_ports``. Simultaneous requests are answered one after the other."""
    async with mongo_store(f"{prepared_url}&maxPoolSize=1") as store:
        yield store.entry_queries
