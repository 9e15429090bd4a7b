"""Draws in MongoDB."""

from collections.abc import Sequence

import pymongo.errors
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.draws.mapping import changing_fields, new_draw, to_draw
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of
from adapters.mongo.stored_documents import DOWN
from domain.model.draws.draw import Draw
from domain.model.draws.errors import DrawNotFound
from domain.model.ids import CampaignId, DrawId
from ports.draws import DrawChange, DrawOfNumber


class MongoDraws:
    def __init__(self, draws: AsyncCollection[Raw]) -> None:
        self._draws = draws

    @translated
    async def announce(self, campaign_id: CampaignId, draw_of: DrawOfNumber) -> Draw:
        """The unique index refuses the number to the second of two. It takes the next one, so there is no gap."""

        async def attempt() -> Draw | Lost:
            newest = await self._page(campaign_id, None, 1)
            draw = draw_of(newest[0].number + 1 if newest else 1)
            try:
                await self._draws.insert_one(new_draw(draw))
            except pymongo.errors.DuplicateKeyError:
                return LOST
            return draw

        return await until_stored(attempt)

    @translated
    async def get(self, campaign_id: CampaignId, draw_id: DrawId) -> Draw | None:
        stored = await self._draws.find_one(document_of(campaign_id, draw_id), max_time_ms=READ_MS)
        return to_draw(stored) if stored else None

    @translated
    async def page(self, campaign_id: CampaignId, *, before: int | None, limit: int) -> Sequence[Draw]:
        return await self._page(campaign_id, before, limit)

    @translated
    async def change(self, campaign_id: CampaignId, draw_id: DrawId, change: DrawChange) -> Draw:
        wanted = document_of(campaign_id, draw_id)

        async def attempt() -> Draw | Lost:
            stored = await self._draws.find_one(wanted, max_time_ms=READ_MS)
            if stored is None:
                raise DrawNotFound
            before = to_draw(stored)
            after = change(before)
            if after == before:
                return after
            assert after.version > before.version, "a change raises the version"
            as_read = wanted | {"version": before.version}
            made = await self._draws.update_one(as_read, {"$set": changing_fields(after)})
            return after if made.matched_count else LOST

        return await until_stored(attempt)

    @translated
    async def unfinished(self, limit: int) -> Sequence[Draw]:
        found = self._draws.find({"unfinished": True}, limit=limit, max_time_ms=READ_MS)
        return [to_draw(stored) for stored in await found.to_list(None)]

    async def _page(self, campaign_id: CampaignId, before: int | None, limit: int) -> Sequence[Draw]:
        wanted: Raw = {"campaignId": campaign_id}
        if before is not None:
            wanted["number"] = {"$lt": before}
        found = self._draws.find(wanted, sort=[("number", DOWN)], limit=limit, max_time_ms=READ_MS)
        return [to_draw(stored) for stored in await found.to_list(None)]
