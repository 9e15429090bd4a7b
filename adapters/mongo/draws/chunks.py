"""Chunks of lists and results in MongoDB: written and read a few at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Final, Literal

import pymongo.errors
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import only_duplicates, translated
from adapters.mongo.keys import key
from adapters.mongo.stored_documents import DOWN
from domain.model.ids import CampaignId, DrawId

AT_ONCE: Final = 16
"""Chunks that are written or read together: about 1 MB."""
CALLS: Final = 2
"""Writes under way at the same time: while one waits for the journal, MongoDB works on the other."""
_DIGITS: Final = 8
_BEHIND_SLASH: Final = "0"
Kind = Literal["list", "results", "waiting"]


class Chunks:
    """The chunks of one kind, of all draws."""

    def __init__(self, chunks: AsyncCollection[Raw], kind: Kind) -> None:
        self._chunks = chunks
        self._kind = kind

    def document(self, campaign_id: CampaignId, draw_id: DrawId, number: int, fields: Raw) -> Raw:
        return {
            "_id": self._key(campaign_id, draw_id, number),
            "campaignId": campaign_id,
            "drawId": draw_id,
            "kind": self._kind,
        } | fields

    async def put(self, documents: AsyncIterator[Raw]) -> None:
        """What is stored already stays. Nothing is written after this has ended, also when it is
        cancelled."""
        under_way: deque[asyncio.Task[None]] = deque()
        try:
            async for some in _together(documents):
                if len(under_way) == CALLS:
                    await asyncio.shield(under_way[0])
                    under_way.popleft()
                under_way.append(asyncio.create_task(self._insert(some)))
        finally:
            failed = await asyncio.gather(*under_way, return_exceptions=True)
        for error in filter(None, failed):
            raise error

    async def _insert(self, documents: list[Raw]) -> None:
        try:
            await self._chunks.insert_many(documents, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise

    async def read(self, campaign_id: CampaignId, draw_id: DrawId, first: int) -> AsyncIterator[Raw]:
        """In the order of their numbers. Each few are a query of their own, so a slow reader holds no cursor."""
        end = f"{key(campaign_id, draw_id)}/{self._kind}{_BEHIND_SLASH}"
        at = {"$gte": self._key(campaign_id, draw_id, first), "$lt": end}
        while True:
            found = await self._page({"campaignId": campaign_id, "_id": at})
            for chunk in found:
                yield chunk
            if len(found) < AT_ONCE:
                return
            at = {"$gt": found[-1]["_id"], "$lt": end}

    @translated
    async def _page(self, wanted: Raw) -> list[Raw]:
        found = self._chunks.find(wanted, sort=[("_id", 1)], limit=AT_ONCE, max_time_ms=READ_MS)
        return await found.hint([("_id", 1)]).to_list(None)

    async def get(self, campaign_id: CampaignId, draw_id: DrawId, number: int) -> Raw | None:
        wanted = {"campaignId": campaign_id, "_id": self._key(campaign_id, draw_id, number)}
        return await self._chunks.find_one(wanted, max_time_ms=READ_MS)

    async def with_line(self, campaign_id: CampaignId, draw_id: DrawId, name: str) -> Raw | None:
        """The chunk that the line with this name is in, if there is one."""
        wanted = self.of_draw(campaign_id, draw_id) | {"first": {"$lte": name}}
        return await self._chunks.find_one(wanted, sort=[("first", DOWN)], max_time_ms=READ_MS)

    def of_draw(self, campaign_id: CampaignId, draw_id: DrawId) -> Raw:
        return {"campaignId": campaign_id, "drawId": draw_id, "kind": self._kind}

    def _key(self, campaign_id: CampaignId, draw_id: DrawId, number: int) -> str:
        return f"{key(campaign_id, draw_id)}/{self._kind}/{number:0{_DIGITS}d}"


async def _together(documents: AsyncIterator[Raw]) -> AsyncIterator[list[Raw]]:
    some: list[Raw] = []
    async for document in documents:
        some.append(document)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def number_of(chunk: Raw) -> int:
    return int(chunk["_id"].rpartition("/")[2])


def joined(lines: Iterable[bytes]) -> bytes:
    return b"\n".join(lines)


def lines_of(chunk: Raw) -> list[bytes]:
    return bytes(chunk["lines"]).split(b"\n")
