"""Reading documents by their key, where calls that wait at the same time share one query; and the campaigns of a
collection."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import Batcher
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.keys import with_keys
from adapters.mongo.scatter import CAMPAIGNS
from domain.model.ids import CampaignId

Found = TypeVar("Found")


def as_stored(document: Raw) -> Raw:
    return document


async def campaigns_in(
    collection: AsyncCollection[Raw], limit: int, after: CampaignId | None
) -> Sequence[CampaignId]:
    """Reads one index key for each campaign, however many documents it has."""
    behind = {"campaignId": {"$gt": after or ""}}
    found = await collection.distinct("campaignId", behind, maxTimeMS=READ_MS, comment=CAMPAIGNS)
    return [CampaignId(id) for id in sorted(found)[:limit]]


class Lookups(Generic[Found]):
    """A document is read after it was asked for, so a caller that wrote it before sees what it wrote.

    The documents of a batch are converted one after the other: that takes half the time that it would take between
    other work.
    """

    def __init__(
        self,
        collection: AsyncCollection[Raw],
        projection: Raw,
        *,
        convert: Callable[[Raw], Found],
        filter_for: Callable[[Sequence[str]], Raw] = with_keys,
    ) -> None:
        """``filter_for`` finds the documents with these keys."""
        self._collection = collection
        self._projection = projection
        self._convert = convert
        self._filter_for = filter_for
        self._batcher: Batcher[str, Found | None] = Batcher(self._read)

    async def get(self, key: str) -> Found | None:
        """What was made of the document, None if there is none. Other callers may share it, so it must not be
        changed."""
        return await self._batcher.ask(key)

    async def _read(self, keys: Sequence[str]) -> list[Found | Exception | None]:
        cursor = self._collection.find(self._filter_for(keys), self._projection, max_time_ms=READ_MS)
        found = {document["_id"]: self._converted(document) for document in await cursor.to_list(None)}
        return [found.get(key) for key in keys]

    def _converted(self, document: Raw) -> Found | Exception:
        """A document that cannot be converted is an error for those that asked for it, and for no other."""
        try:
            return self._convert(document)
        except Exception as error:  # noqa: BLE001  # it is raised where the document was asked for
            return error
