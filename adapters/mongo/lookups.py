"""Reading documents by their key, where calls that wait at the same time share one query; and the campaigns of a
collection."""

from collections.abc import Callable, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import Batcher
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.keys import with_keys
from adapters.mongo.scatter import CAMPAIGNS
from domain.model.ids import CampaignId


async def campaigns_in(
    collection: AsyncCollection[Raw], limit: int, after: CampaignId | None
) -> Sequence[CampaignId]:
    """Reads one index key for each campaign, however many documents it has."""
    behind = {"campaignId": {"$gt": after or ""}}
    found = await collection.distinct("campaignId", behind, maxTimeMS=READ_MS, comment=CAMPAIGNS)
    return [CampaignId(id) for id in sorted(found)[:limit]]


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
