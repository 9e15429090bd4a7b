"""Questions about a whole pool, asked only when a claim has found too few codes in it."""

from datetime import datetime, timedelta
from typing import Final

from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.claims.attempt import Pool
from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.driver import READ_MS, Raw
from domain.model.codes.reservations import Claim
from domain.model.ids import ReserveId

HALF_WAY_FOR: Final = timedelta(seconds=1)
"""A reservation that still has empty positions after this time is not being filled any more."""


class PoolSurvey:
    def __init__(self, codes: CodeCollection) -> None:
        self._codes = codes

    async def available(self, pool: Pool, now: datetime) -> int:
        ours = queries.in_pool(*pool)
        claimable = {"$or": [ours | {"status": queries.AVAILABLE}, ours | queries.lapsed(now)]}
        return await self._codes.raw.count_documents(claimable, maxTimeMS=READ_MS)

    async def has_codes(self, pool: Pool) -> bool:
        key = {"_id": 0, "campaignId": 1}  # The index has it.
        return await self._codes.raw.find_one(queries.in_pool(*pool), key, max_time_ms=READ_MS) is not None

    async def others_half_way(self, claim: Claim, age: timedelta) -> bool:
        """Has another claim begun a reservation just now, and not filled all its positions?"""
        begun_after = claim.now + age + claim.ttl - HALF_WAY_FOR
        begun = queries.in_pool(claim.campaign_id, claim.type) | {
            "status": queries.RESERVED,
            "hold.expiresAt": {"$gt": begun_after},
            "hold.count": {"$gt": 1},
            "hold.reserveId": {"$ne": claim.reserve_id},
        }
        suspects = await self._with_empty_positions(begun)
        if not suspects:
            return False
        # A position with an assigned code is not empty: count again, with all codes of each suspect.
        everything = queries.under(claim.campaign_id, list(suspects))
        return bool(await self._with_empty_positions(everything))

    async def _with_empty_positions(self, condition: Raw) -> set[ReserveId]:
        """The reservations with fewer codes that meet the condition than they are for."""
        empty: dict[ReserveId, int] = {}
        cursor = self._codes.raw.find(condition, {"hold.reserveId": 1, "hold.count": 1}, max_time_ms=READ_MS)
        for document in await cursor.to_list(None):
            hold = document["hold"]
            empty[hold["reserveId"]] = empty.get(hold["reserveId"], hold["count"]) - 1
        return {reserve_id for reserve_id, positions in empty.items() if positions > 0}
