"""Filling reservations with codes: look what is held, take what is free, confirm what others took.

Correctness is in three writes, each a compare-and-set of one document: taking a code, giving back a code one took
oneself, and confirming one that another claim under the same reserveId took, before anybody is told of it.
"""

import asyncio
import itertools
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.claims.attempt import Filling
from adapters.mongo.codes.claims.candidates import Candidates
from adapters.mongo.codes.claims.pool_lock import Turns
from adapters.mongo.codes.collection import Change, CodeCollection
from adapters.mongo.driver import READ_MS, Raw
from domain.model.codes.code import Code
from domain.model.codes.errors import CodesExhausted
from domain.model.codes.reservations import CLAIM_RETRIES
from domain.model.errors import Unavailable
from domain.model.ids import ReserveId

PAUSE_SECONDS: Final = 0.01
"""The first pause after a lost race; it doubles with each retry up to LONGEST_PAUSE_SECONDS, and is jittered."""
LONGEST_PAUSE_SECONDS: Final = 0.1
HALF_WAY_FOR: Final = timedelta(seconds=1)
"""A reservation with places still empty after this long is not being filled any more."""
SETTLE_WITHIN: Final = timedelta(seconds=10)
"""How long a claim may go on losing every race for codes that are there."""


class Filler:
    def __init__(self, codes: CodeCollection, turns: Turns) -> None:
        self._codes = codes
        self._turns = turns
        self._candidates = Candidates(codes)

    async def fill(self, group: Sequence[Filling]) -> None:
        """Fill as many places as there are codes for; the rest stay empty. All of one pool."""
        pause = PAUSE_SECONDS
        for attempt in range(1 + CLAIM_RETRIES):
            await self._look(group)
            waiting = [filling for filling in group if not filling.over]
            taken = await self._take([filling for filling in waiting if filling.positions], ahead=attempt == 0)
            confirmed = await self._confirm([filling for filling in waiting if filling.full])
            if taken and confirmed and not any(filling.contested for filling in waiting):
                return
            await asyncio.sleep(random.uniform(0, pause))
            pause *= 2

    async def settle(self, filling: Filling) -> None:
        """The pool seemed too small. Make sure before saying so: others may be about to give codes back."""
        await self.give_back(filling)
        if await self._refused(filling):
            return
        async with self._turns.turn("/".join(filling.pool)):
            for attempt in itertools.count():
                await self.fill([filling])
                if filling.full and not filling.unsure:
                    filling.succeed()
                if filling.over:
                    return
                await self.give_back(filling)
                if await self._refused(filling):
                    return
                pause = min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(random.uniform(pause / 2, pause))

    async def give_back(self, filling: Filling) -> None:
        """All or nothing: what this claim took, and nobody else counts on, goes back to the pool."""
        changes: list[Change] = []
        for code in filling.taken:
            after = code.release(filling.claim.reserve_id, filling.claim.now, filling.claim.by)
            if isinstance(after, Code):
                changes.append((code, after))
        await self._codes.write(changes)
        filling.drop_taken()

    async def _look(self, group: Sequence[Filling]) -> None:
        """What is held already under the reserveIds that callers chose, and so which places are empty."""
        asked = [filling for filling in group if filling.claim.chosen_by_caller and not filling.looked]
        if asked:
            await self._recall(asked)
        for filling in group:
            filling.looked = True
            filling.find_places()
            if filling.contested:
                filling.looked = False
            elif filling.refusal is not None:
                refusal = filling.refusal
                await self.give_back(filling)
                filling.fail(refusal)

    async def _recall(self, asked: Sequence[Filling]) -> None:
        by_id = {filling.claim.reserve_id: filling for filling in asked}
        held: dict[str, list[Code]] = {reserve_id: [] for reserve_id in by_id}
        lapsed: list[Change] = []
        over: list[Code] = []
        for code in await self._codes.find(queries.under(asked[0].claim.campaign_id, list(by_id))):
            assert code.hold is not None
            claim = by_id[code.hold.reserve_id].claim
            if code.belongs_to_live_reservation(claim.reserve_id, claim.now):
                held[claim.reserve_id].append(code)
            elif code.assigned_to is not None:
                over.append(code)
            else:
                lapsed.append((code, code.lapse(claim.now)))
        # An earlier reservation under this id is over: its places must be free before they are taken again.
        await self._codes.write(lapsed)
        await self._codes.close_places(over)
        for filling in asked:
            filling.recall(held[filling.claim.reserve_id])

    async def _take(self, group: Sequence[Filling], *, ahead: bool) -> bool:
        """One read and one write for the whole group. False when somebody else was faster anywhere."""
        if not group:
            return True
        wanted = sum(len(filling.positions) for filling in group)
        now = min(filling.claim.now for filling in group)
        free = await self._candidates.find(group[0].pool, wanted, now, ahead=ahead)
        self._candidates.read_ahead(group[0].pool, wanted, now)
        takes = _share(free, group)
        lost = {code.text for code in await self._codes.write([change for _, change in takes])}
        for filling, (_, after) in takes:
            if after.text in lost:
                filling.looked = False
            else:
                filling.took(after)
        return not lost and all(filling.looked for filling in group)

    async def _confirm(self, group: Sequence[Filling]) -> bool:
        """Full, but partly by others? Count on what they took. False when they have given some of it back."""
        unsure = [(filling, codes) for filling in group if (codes := filling.unsure)]
        moved = {code.text for code in await self._codes.confirm([code for _, codes in unsure for code in codes])}
        for filling, codes in unsure:
            filling.confirmed = moved.isdisjoint(code.text for code in codes)
            filling.looked = filling.confirmed
        return not moved

    async def _refused(self, filling: Filling) -> bool:
        """Refuse if there are too few codes and nobody is half-way, about to bring some back."""
        await self._look([filling])
        if filling.over or filling.full:
            return filling.over
        patient = filling.age < SETTLE_WITHIN
        available = await self._available(filling)
        if available < len(filling.positions):
            if patient and await self._someone_is_half_way(filling):
                return False
            filling.fail(CodesExhausted(available=available))
        elif not patient:
            filling.fail(Unavailable("store"))
        return filling.over

    async def _available(self, filling: Filling) -> int:
        ours = queries.in_pool(*filling.pool)
        claimable = {"$or": [ours | {"status": queries.AVAILABLE}, ours | queries.lapsed(filling.claim.now)]}
        return await self._codes.raw.count_documents(claimable, maxTimeMS=READ_MS)

    async def _someone_is_half_way(self, filling: Filling) -> bool:
        """Is there a reservation of several codes, begun just now, whose places are not all taken?"""
        recent = filling.claim.now + filling.age + filling.claim.ttl - HALF_WAY_FOR
        begun = queries.in_pool(*filling.pool) | {
            "status": queries.RESERVED,
            "hold.expiresAt": {"$gt": recent},
            "hold.count": {"$gt": 1},
            "hold.reserveId": {"$ne": filling.claim.reserve_id},
        }
        suspects = await self._with_empty_places(begun)
        # Places whose codes are assigned already are not empty: look again, at all of each suspect's places.
        return bool(
            suspects and await self._with_empty_places(queries.under(filling.claim.campaign_id, list(suspects)))
        )

    async def _with_empty_places(self, condition: Raw) -> set[ReserveId]:
        """Which of the reservations that have codes like this have fewer than they are for."""
        positions: dict[ReserveId, int] = {}
        cursor = self._codes.raw.find(condition, {"hold.reserveId": 1, "hold.count": 1}, max_time_ms=READ_MS)
        for document in await cursor.to_list(None):
            hold = document["hold"]
            positions[hold["reserveId"]] = positions.get(hold["reserveId"], hold["count"]) - 1
        return {reserve_id for reserve_id, empty in positions.items() if empty > 0}


def _share(free: list[Code], group: Sequence[Filling]) -> list[tuple[Filling, Change]]:
    """Free codes for those, first come first, whose empty places can all be filled; a part would help nobody."""
    takes: list[tuple[Filling, Change]] = []
    for filling in group:
        if len(filling.positions) > len(free):
            continue
        for position in filling.positions:
            before = free.pop()
            after = filling.reserve(before, position)
            if isinstance(after, Code):
                takes.append((filling, (before, after)))
    return takes
