"""The reads and writes of claim attempts.

Correctness is in three writes, each a compare-and-set of one document: taking a code, giving back a code that the
claim itself took, and confirming a code that another claim under the same reserveId took.
"""

import asyncio
import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.claims.attempt import ClaimAttempt, Phase
from adapters.mongo.codes.claims.candidates import Candidates
from adapters.mongo.codes.collection import Change, CodeCollection
from domain.model.codes.code import Code
from domain.model.codes.reservations import CLAIM_RETRIES, Claim
from domain.model.ids import ReserveId

PAUSE_SECONDS: Final = 0.01
"""The longest pause after a first try that lost a race; it doubles with each try. The pause is random up to it."""


class ClaimExecutor:
    def __init__(self, codes: CodeCollection) -> None:
        self._codes = codes
        self._candidates = Candidates(codes)

    async def fill(self, batch: Sequence[ClaimAttempt]) -> None:
        """Try until no attempt of the batch is under way. All are of one pool, each under its own reserveId.

        It ends with each attempt filled, over, or in the phase SETTLE.
        """
        pause = PAUSE_SECONDS
        for retry in range(1 + CLAIM_RETRIES):
            await self.recall(batch)
            await self._take(_in_phase(Phase.TAKE, batch), ahead=retry == 0)
            await self._confirm(_in_phase(Phase.CONFIRM, batch))
            if not any(attempt.under_way for attempt in batch):
                return
            await asyncio.sleep(random.uniform(0, pause))
            pause *= 2
        for attempt in batch:
            if attempt.under_way:
                attempt.fell_short()

    async def recall(self, batch: Sequence[ClaimAttempt]) -> None:
        """Read what the reserveIds hold where it is not known. A claim that asks for something else is refused."""
        asked = _in_phase(Phase.RECALL, batch)
        if asked:
            held = await self._held([attempt.claim for attempt in asked])
            for attempt in asked:
                attempt.recalled(held[attempt.claim.reserve_id])
        for attempt in _in_phase(Phase.MISMATCHED, asked):
            mismatch = attempt.held.mismatch
            assert mismatch is not None
            await self.give_back(attempt)
            attempt.fail(mismatch)

    async def give_back(self, attempt: ClaimAttempt) -> None:
        """All or nothing: return to the pool what this claim took.

        A code that another claim has confirmed, or a caller has assigned, has a newer version and stays.
        """
        claim = attempt.claim
        changes: list[Change] = []
        for code in attempt.held.own:
            after = code.release(claim.reserve_id, claim.now, claim.by)
            if isinstance(after, Code):
                changes.append((code, after))
        await self._codes.write(changes)
        attempt.gave_back()

    async def _held(self, claims: Sequence[Claim]) -> Mapping[ReserveId, list[Code]]:
        by_id = {claim.reserve_id: claim for claim in claims}
        held: dict[ReserveId, list[Code]] = {reserve_id: [] for reserve_id in by_id}
        ended: list[tuple[Code, Claim]] = []
        for code in await self._codes.find(queries.under(claims[0].campaign_id, list(by_id))):
            assert code.hold is not None
            claim = by_id[code.hold.reserve_id]
            if code.belongs_to_live_reservation(claim.reserve_id, claim.now):
                held[claim.reserve_id].append(code)
            else:
                ended.append((code, claim))
        await self._free_positions(ended)
        return held

    async def _free_positions(self, ended: Sequence[tuple[Code, Claim]]) -> None:
        """An earlier reservation under the reserveId is over; the unique index still counts its positions."""
        lapsed = [(code, code.lapse(claim.now)) for code, claim in ended if code.assigned_to is None]
        await self._codes.write(lapsed)
        await self._codes.close_positions([code for code, _ in ended if code.assigned_to is not None])

    async def _take(self, attempts: Sequence[ClaimAttempt], *, ahead: bool) -> None:
        """One read and one write for all of them."""
        if not attempts:
            return
        pool = attempts[0].pool
        wanted = sum(len(attempt.held.empty_positions) for attempt in attempts)
        now = min(attempt.claim.now for attempt in attempts)
        free = await self._candidates.find(pool, wanted, now, ahead=ahead)
        self._candidates.read_ahead(pool, wanted, now)
        takes = _share(free, attempts)
        lost = {after.text for after in await self._codes.write([*itertools.chain(*takes.values())])}
        for attempt in attempts:
            if changes := takes.get(attempt):
                taken = [after for _, after in changes if after.text not in lost]
                attempt.took(taken, lost=len(taken) < len(changes))
            else:
                attempt.fell_short()

    async def _confirm(self, attempts: Sequence[ClaimAttempt]) -> None:
        """Count on what other claims under the same reserveIds took: it can no longer be given back."""
        wanted = [code for attempt in attempts for code in attempt.held.unconfirmed]
        gone = {code.text for code in await self._codes.confirm(wanted)}
        for attempt in attempts:
            attempt.confirmed(all_held=gone.isdisjoint(code.text for code in attempt.held.unconfirmed))


def _in_phase(phase: Phase, attempts: Sequence[ClaimAttempt]) -> list[ClaimAttempt]:
    return [attempt for attempt in attempts if attempt.phase is phase]


def _share(free: list[Code], attempts: Sequence[ClaimAttempt]) -> dict[ClaimAttempt, list[Change]]:
    """Give free codes to the attempts, first come, first served; all that an attempt needs, or none."""
    takes: dict[ClaimAttempt, list[Change]] = {}
    for attempt in attempts:
        if len(attempt.held.empty_positions) > len(free):
            continue
        for position in attempt.held.empty_positions:
            before = free.pop()
            after = attempt.reserve(before, position)
            if isinstance(after, Code):
                takes.setdefault(attempt, []).append((before, after))
    return takes
