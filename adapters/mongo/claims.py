"""Claiming codes from a pool in MongoDB.

Callers of one process who wait for the same pool are served together: one read finds codes for all of them,
one bulk write takes them. Reading starts at a random slot, so that processes rarely meet; where they do, each
document's compare-and-set decides, and the loser looks for another code (code-service REQ-007).
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.mongo import queries
from adapters.mongo.collection import Change, CodeCollection
from adapters.mongo.mapping import SLOTS
from adapters.mongo.turns import Turns
from domain.model.codes import CLAIM_RETRIES, Claim, Code, CodeType, Refusal, Reservation
from domain.model.errors import CodesExhausted, DomainError
from domain.model.ids import CampaignId

CODES_PER_ROUND: Final = 1_000
LANES: Final = 2
"""Rounds of one pool under way at once: while one is being written, the next is read."""
PAUSE_SECONDS: Final = 0.01
"""The first pause after a lost race; it doubles with each retry, and is jittered."""
HALF_WAY_FOR: Final = timedelta(seconds=3)
"""A reservation with places still empty after this long is not being filled any more."""

Pool = tuple[CampaignId, CodeType]


@dataclass(slots=True, eq=False)
class _Filling:
    """One claim on its way to a full reservation."""

    claim: Claim
    done: "asyncio.Future[Reservation]"
    held: list[Code] = field(default_factory=list)
    """All that is held under the reserveId, ours and what was there before."""
    taken: list[Code] = field(default_factory=list)
    """What this claim took itself."""
    places: list[int] = field(default_factory=list)
    """Still empty."""
    looked: bool = False
    """Is ``held`` known to be all there is under the reserveId?"""

    @property
    def pool(self) -> Pool:
        return self.claim.campaign_id, self.claim.type

    def reserve(self, code: Code, place: int) -> Code | Refusal:
        like = self.held[0].hold if self.held else None
        return code.reserve(self.claim.hold(place, like=like), self.claim.now, self.claim.by)

    def took(self, code: Code) -> None:
        self.held.append(code)
        self.taken.append(code)

    def succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(Reservation.of(self.held))

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class ClaimQueue:
    """Serves claims, those of one pool together."""

    def __init__(self, codes: CodeCollection, turns: Turns) -> None:
        self._codes = codes
        self._turns = turns
        self._waiting: defaultdict[Pool, list[_Filling]] = defaultdict(list)
        self._lanes: defaultdict[Pool, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    async def claim(self, claim: Claim) -> Reservation:
        """All or nothing. Raises CodesExhausted, ReservationMismatch."""
        filling = _Filling(claim, asyncio.get_running_loop().create_future())
        self._waiting[filling.pool].append(filling)
        if self._lanes[filling.pool] < LANES:
            self._lanes[filling.pool] += 1
            self._spawn(self._serve(filling.pool))
        return await filling.done

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, pool: Pool) -> None:
        """Round after round, until nobody waits."""
        try:
            while group := self._next_group(pool):
                await self._guarded(group, self._round(group))
        finally:
            self._lanes[pool] -= 1
            if not self._lanes[pool]:
                del self._lanes[pool]

    def _next_group(self, pool: Pool) -> list[_Filling]:
        """Who is served next, first come first; one reserveId only once, and nobody who has left."""
        group: dict[str, _Filling] = {}
        wanted = 0
        left: list[_Filling] = []
        for filling in self._waiting.pop(pool, []):
            fits = not group or wanted + filling.claim.count <= CODES_PER_ROUND
            if filling.done.done():
                continue
            if fits and filling.claim.reserve_id not in group:
                group[filling.claim.reserve_id] = filling
                wanted += filling.claim.count
            else:
                left.append(filling)
        if left:
            self._waiting[pool] = left
        return list(group.values())

    async def _guarded(self, group: Sequence[_Filling], work: Coroutine[Any, Any, None]) -> None:
        """Whatever goes wrong, everyone in the group hears of it."""
        try:
            await work
        except asyncio.CancelledError:
            for filling in group:
                filling.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is theirs to hear
            for filling in group:
                filling.fail(error)

    async def _round(self, group: Sequence[_Filling]) -> None:
        await self._fill(group)
        for filling in group:
            if filling.done.done():
                continue
            if filling.places:
                self._spawn(self._guarded([filling], self._settle(filling)))
            else:
                filling.succeed()

    async def _fill(self, group: Sequence[_Filling]) -> None:
        """Fill as many places as there are codes for; the rest stay empty."""
        pause = PAUSE_SECONDS
        for _ in range(1 + CLAIM_RETRIES):
            await self._look(group)
            empty = [filling for filling in group if filling.places and not filling.done.done()]
            if not empty or await self._take(empty):
                return
            await asyncio.sleep(random.uniform(0, pause))
            pause *= 2

    async def _look(self, group: Sequence[_Filling]) -> None:
        """What is held already under the reserveIds that callers chose, and so which places are empty."""
        asked = [filling for filling in group if filling.claim.chosen_by_caller and not filling.looked]
        if asked:
            await self._recall(asked)
        for filling in group:
            try:
                filling.places = filling.claim.places_left(filling.held)
            except DomainError as refusal:
                filling.fail(refusal)

    async def _recall(self, asked: Sequence[_Filling]) -> None:
        by_id = {filling.claim.reserve_id: filling for filling in asked}
        codes = await self._codes.find(queries.under(asked[0].claim.campaign_id, list(by_id)))
        for filling in asked:
            filling.held = []
            filling.looked = True
        ended: list[Change] = []
        for code in codes:
            assert code.hold is not None
            filling = by_id[code.hold.reserve_id]
            if code.belongs_to_living(filling.claim.reserve_id, filling.claim.now):
                filling.held.append(code)
            elif code.has_lapsed(filling.claim.now):
                ended.append((code, code.lapse(filling.claim.now)))
        # An earlier reservation under this id has lapsed: its places must be free before they are taken again.
        await self._codes.write(ended)

    async def _take(self, group: Sequence[_Filling]) -> bool:
        """One read and one write for the whole group. False when somebody else was faster anywhere."""
        wanted = sum(len(filling.places) for filling in group)
        free = await self._candidates(group[0].pool, wanted, min(filling.claim.now for filling in group))
        changes: list[Change] = []
        takers: list[_Filling] = []
        for filling in group:
            for place in filling.places:
                if not free:
                    break
                before = free.pop()
                after = filling.reserve(before, place)
                if isinstance(after, Code):
                    changes.append((before, after))
                    takers.append(filling)
        lost = {code.text for code in await self._codes.write(changes)}
        for filling, (_, after) in zip(takers, changes, strict=True):
            if after.text in lost:
                filling.looked = False
            else:
                filling.took(after)
        for filling in group:
            taken = {code.hold.ordinal for code in filling.taken if code.hold}
            filling.places = [place for place in filling.places if place not in taken]
        return not lost

    async def _candidates(self, pool: Pool, wanted: int, now: datetime) -> list[Code]:
        """Codes that can be claimed: free ones from a random slot on, then those whose hold has lapsed."""
        start = random.randrange(SLOTS)
        ours = queries.in_pool(*pool)
        free = ours | {"status": queries.AVAILABLE}
        found: dict[str, Code] = {}
        for condition, sort in (
            (free | {"slot": {"$gte": start}}, "slot"),
            (free | {"slot": {"$lt": start}}, "slot"),
            (ours | queries.lapsed(now), "hold.expiresAt"),
        ):
            missing = wanted - len(found)
            if missing:
                codes = await self._codes.find(condition, sort=sort, limit=missing)
                found |= {code.text: code for code in codes}
        return list(found.values())

    async def _settle(self, filling: _Filling) -> None:
        """The pool seemed too small. Make sure before saying so: others may be about to give codes back."""
        await self._give_back(filling)
        if await self._refused(filling):
            return
        async with self._turns.turn("/".join(filling.pool)):
            pause = PAUSE_SECONDS
            for _ in range(1 + CLAIM_RETRIES):
                await self._fill([filling])
                if filling.done.done():
                    return
                if not filling.places:
                    filling.succeed()
                    return
                await self._give_back(filling)
                if await self._refused(filling):
                    return
                await asyncio.sleep(random.uniform(pause / 2, pause))
                pause *= 2
        filling.fail(CodesExhausted(available=await self._available(filling)))

    async def _give_back(self, filling: _Filling) -> None:
        """All or nothing: what this claim took goes back to the pool."""
        changes: list[Change] = []
        for code in filling.taken:
            after = code.release(filling.claim.reserve_id, filling.claim.now, filling.claim.by)
            if isinstance(after, Code):
                changes.append((code, after))
        await self._codes.write(changes)
        taken = {code.text for code in filling.taken}
        filling.held = [code for code in filling.held if code.text not in taken]
        filling.taken = []
        filling.looked = False
        filling.places = filling.claim.places_left(filling.held)

    async def _refused(self, filling: _Filling) -> bool:
        """Refuse if there are too few codes and nobody is half-way, holding codes that may come back."""
        available = await self._available(filling)
        if available >= len(filling.places) or await self._someone_is_half_way(filling):
            return False
        filling.fail(CodesExhausted(available=available))
        return True

    async def _available(self, filling: _Filling) -> int:
        ours = queries.in_pool(*filling.pool)
        claimable = {"$or": [ours | {"status": queries.AVAILABLE}, ours | queries.lapsed(filling.claim.now)]}
        return await self._codes.raw.count_documents(claimable)

    async def _someone_is_half_way(self, filling: _Filling) -> bool:
        """Is there a reservation of several codes, begun just now, whose places are not all taken?"""
        recent = filling.claim.now + filling.claim.ttl - HALF_WAY_FOR
        begun = queries.in_pool(*filling.pool) | {
            "status": queries.RESERVED,
            "hold.expiresAt": {"$gt": recent},
            "hold.count": {"$gt": 1},
            "hold.reserveId": {"$ne": filling.claim.reserve_id},
        }
        cursor = self._codes.raw.find(begun, {"hold.reserveId": 1, "hold.count": 1})
        left: dict[str, int] = {}
        for document in await cursor.to_list(None):
            hold = document["hold"]
            left[hold["reserveId"]] = left.get(hold["reserveId"], hold["count"]) - 1
        return any(left.values())
