"""Reading documents by their key, those that are wanted at the same time together.

Most of what one read costs is the driver's work for a command, so readers who come while another read is under way
share the next. Each document is read after it was asked for: whoever wrote it before sees what was written.
"""

import asyncio
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw

LANES: Final = 2
"""Reads under way at once."""
MAX_TOGETHER: Final = 500


class Lookups:
    def __init__(self, collection: AsyncCollection[Raw], projection: Raw) -> None:
        self._collection = collection
        self._projection = projection
        self._wanted: dict[str, asyncio.Future[Raw | None]] = {}
        self._lanes: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> Raw | None:
        """The document, None if there is none. It may be shared with other readers: not to be changed."""
        found = self._wanted.get(key)
        if found is None:
            found = self._wanted[key] = asyncio.get_running_loop().create_future()
            if len(self._lanes) < LANES:
                lane = asyncio.create_task(self._serve())
                self._lanes.add(lane)
                lane.add_done_callback(self._lanes.discard)
        # Shielded: one reader who leaves does not take the others' document along.
        return await asyncio.shield(found)

    async def _serve(self) -> None:
        while self._wanted:
            keys = list(self._wanted)[:MAX_TOGETHER]
            asked = {key: self._wanted.pop(key) for key in keys}
            try:
                documents = await self._read(keys)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is the readers' to hear
                for found in asked.values():
                    found.set_exception(error)
                    found.exception()  # Readers may all have left; nobody needs to be told of that.
            else:
                for key, found in asked.items():
                    found.set_result(documents.get(key))

    async def _read(self, keys: list[str]) -> dict[str, Raw]:
        wanted = keys[0] if len(keys) == 1 else {"$in": keys}
        cursor = self._collection.find({"_id": wanted}, self._projection)
        return {document["_id"]: document for document in await cursor.to_list(None)}
