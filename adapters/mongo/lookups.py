"""Reading documents by their key, those that are wanted at the same time together."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import Together
from adapters.mongo.driver import READ_MS, Raw


class Lookups:
    """Each document is read after it was asked for: whoever wrote it before sees what was written."""

    def __init__(self, collection: AsyncCollection[Raw], projection: Raw) -> None:
        self._collection = collection
        self._projection = projection
        self._together = Together(self._read)

    async def get(self, key: str) -> Raw | None:
        """The document, None if there is none. It may be shared with other readers: not to be changed."""
        return await self._together.ask(key)

    async def _read(self, keys: Sequence[str]) -> list[Raw | None]:
        wanted = keys[0] if len(keys) == 1 else {"$in": list(dict.fromkeys(keys))}
        cursor = self._collection.find({"_id": wanted}, self._projection, max_time_ms=READ_MS)
        found = {document["_id"]: document for document in await cursor.to_list(None)}
        return [found.get(key) for key in keys]
