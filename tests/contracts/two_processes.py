"""Two processes' views of one store, for what processes share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.store import mongo_store
from ports.stores import Stores


@asynccontextmanager
async def two_views(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Stores, Stores]]:
    """``request.param`` is ``memory``, where both are the same, or ``mongo``."""
    if request.param == "memory":
        alone = MemoryStore()
        yield alone, alone
        return
    url: str = request.getfixturevalue("prepared_url")
    async with mongo_store(url) as first, mongo_store(url) as second:
        yield first, second
