"""An empty database with all declared indexes, as Fangate reads it and as its administrator sees it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pymongo
import pytest
from pymongo.database import Database

from adapters.mongo.store import MongoStore, mongo_store


@pytest.fixture
def database(prepared_url: str) -> Iterator[Database[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](prepared_url) as client:
        yield client.get_default_database()


@pytest.fixture
async def store(prepared_url: str) -> AsyncIterator[MongoStore]:
    async with mongo_store(prepared_url) as store:
        yield store
