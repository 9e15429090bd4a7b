"""The lists of draws in MongoDB."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.draws.chunks import Chunks, joined, lines_of, number_of
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of
from domain.model.draws.chunks import ListChunk
from domain.model.ids import BallotId, CampaignId, DrawId
from ports.draws import UNANNOUNCED_LIST_KEPT


class MongoDrawLists:
    def __init__(self, chunks: AsyncCollection[Raw], draws: AsyncCollection[Raw]) -> None:
        self._collection = chunks
        self._chunks = Chunks(chunks, "list")
        self._draws = draws

    @translated
    async def put(
        self, campaign_id: CampaignId, draw_id: DrawId, chunks: AsyncIterator[ListChunk], now: datetime
    ) -> None:
        await self._forget_unannounced(campaign_id, now)

        async def documents() -> AsyncIterator[Raw]:
            async for chunk in chunks:
                fields = {"first": chunk.first, "lines": joined(chunk.lines), "root": chunk.root, "at": now}
                yield self._chunks.document(campaign_id, draw_id, chunk.number, fields)

        await self._chunks.put(documents())

    async def chunks(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[ListChunk]:
        async for stored in self._chunks.read(campaign_id, draw_id, first):
            yield _to_chunk(stored)

    @translated
    async def chunk_of(self, campaign_id: CampaignId, draw_id: DrawId, ballot_id: BallotId) -> ListChunk | None:
        stored = await self._chunks.with_line(campaign_id, draw_id, ballot_id)
        return _to_chunk(stored) if stored else None

    @translated
    async def roots(self, campaign_id: CampaignId, draw_id: DrawId) -> Sequence[bytes]:
        wanted = self._chunks.of_draw(campaign_id, draw_id)
        shown = {"_id": 0, "root": 1}
        found = self._collection.find(wanted, shown, sort=[("first", 1)], max_time_ms=READ_MS)
        return [bytes(stored["root"]) for stored in await found.to_list(None)]

    @translated
    async def discard(self, campaign_id: CampaignId, draw_id: DrawId) -> None:
        await self._collection.delete_many(self._chunks.of_draw(campaign_id, draw_id))

    async def _forget_unannounced(self, campaign_id: CampaignId, now: datetime) -> None:
        """Looks at the draws that have a list, not at the chunks."""
        for draw_id in await self._collection.distinct("drawId", {"campaignId": campaign_id}, maxTimeMS=READ_MS):
            if await self._draws.find_one(document_of(campaign_id, draw_id), {"_id": 1}, max_time_ms=READ_MS):
                continue
            old = self._chunks.of_draw(campaign_id, draw_id) | {"at": {"$lte": now - UNANNOUNCED_LIST_KEPT}}
            if await self._collection.find_one(old, {"_id": 1}, max_time_ms=READ_MS):
                await self.discard(campaign_id, draw_id)


def _to_chunk(stored: Raw) -> ListChunk:
    return ListChunk(
        number=number_of(stored),
        first=BallotId(stored["first"]),
        root=bytes(stored["root"]),
        lines=lines_of(stored),
    )
