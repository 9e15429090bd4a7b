"""The one place that knows which driver Beanie brought along.

Beanie 2 stands on PyMongo's own async client, Beanie 1 (the extra ``motor``) on Motor. What this adapter uses of
them differs in three things: the client's class, and whether ``close`` and ``aggregate`` are awaited. Motor's
objects answer the same calls, so they are typed as PyMongo's.
"""

import asyncio
import importlib
import inspect
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Final, cast

import beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

# The driver's own type for documents of a shape that it does not know.
Raw = dict[str, Any]

READ_MS: Final = 10_000
"""How long the server may work on a question. A write has no such limit in the driver, unless one gives up its
bounded retries; it ends with ``wTimeoutMS``, or when the server sees that the connection is gone."""

CLOSE_SECONDS: Final = 5.0

ON_MOTOR: Final = beanie.__version__.startswith("1.")


def open_client(url: str, **options: Any) -> AsyncMongoClient[Raw]:
    """A client for the running event loop. Raises ValueError (and PyMongo's own) for a URL that is wrong."""
    if ON_MOTOR:
        motor = importlib.import_module("motor.motor_asyncio")
        return cast(AsyncMongoClient[Raw], motor.AsyncIOMotorClient(url, **options))
    return AsyncMongoClient(url, **options)


async def aggregate(
    collection: AsyncCollection[Raw], pipeline: Sequence[Raw], **options: Any
) -> AsyncIterator[Raw]:
    """The documents that a pipeline gives, one by one."""
    cursor: Any = collection.aggregate(pipeline, **options)
    if inspect.isawaitable(cursor):
        cursor = await cursor
    async for document in cursor:
        yield document


async def close(client: AsyncMongoClient[Raw]) -> None:
    """A pool stays locked for ever when a call is cancelled, and cancelled again while it ends (PyMongo 4.20 on
    Python 3.11: its conditions wait in tasks of their own). A process ends all the same."""
    closing: Any = client.close()
    if inspect.isawaitable(closing):
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await closing
