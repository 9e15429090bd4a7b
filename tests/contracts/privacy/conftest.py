"""The stores, of which each test of personal data gets an empty one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.store import mongo_store
from ports.stores import Stores
from ports.system import current_request


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield MemoryStore(request=current_request)
        else:
            url: str = request.getfixturevalue("prepared_url")
            store = await stack.enter_async_context(mongo_store(url, request=current_request))
            yield store
