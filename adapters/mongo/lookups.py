"""Reading documents by their key; calls that wait at the same time share one query."""

from collections.abc import Callable, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import Batcher
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.keys import with_keys


class Lookups:
    """A document is read after it was asked for, so a caller that wrote it before sees what it wrote."""

    def __init__(
        self,
        collection: AsyncCollection[Raw],
        projection: Raw,
        *,
        filter_for: Callable[[Sequence[str]], Raw] = with_keys,
    ) -> None:
        """``filter_for`` finds the documents with these keys."""
        self._collection = collection
        self._projection = projection
        self._filter_for = filter_for
        self._batcher = Batcher(self._read)

    async def get(self, key: str) -> Raw | None:
        """The document, None if there is none. Other callers may share it, so it must not be changed."""
        return await self._batcher.ask(key)

    async def _read(self, keys: Sequence[str]) -> list[Raw | None]:
        cursor = self._collection.find(self._filter_for(keys), self._projection, max_time_ms=READ_MS)
        found = {document["_id"]: document for document in await cursor.to_list(None)}
        return [found.get(key) for key in keys]
