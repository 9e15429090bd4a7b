"""Claims that found too few codes.

All or nothing makes a pool look too small while other claims hold a part of what they need and are about to give
it back. So such a claim goes on alone, until it is filled or until there are certainly too few codes.
"""

import asyncio
import random
from datetime import timedelta
from typing import Final

from adapters.mongo.codes.claims.attempt import ClaimAttempt, Phase
from adapters.mongo.codes.claims.executor import ClaimExecutor
from adapters.mongo.codes.claims.pool_lock import PoolLock
from adapters.mongo.codes.claims.survey import PoolSurvey
from domain.model.codes.errors import CodesExhausted
from domain.model.errors import Unavailable

PAUSE_SECONDS: Final = 0.01
"""The first pause under the pool lock; it doubles up to LONGEST_PAUSE_SECONDS, and half of it is random."""
LONGEST_PAUSE_SECONDS: Final = 0.1
PATIENCE: Final = timedelta(seconds=10)
"""How long a claim may go on while codes are there and it loses every race for them."""


class Settlement:
    def __init__(self, executor: ClaimExecutor, survey: PoolSurvey, lock: PoolLock) -> None:
        self._executor = executor
        self._survey = survey
        self._lock = lock

    async def settle(self, attempt: ClaimAttempt) -> None:
        """Return when the claim is answered. Of a caller that has left, give back what its claim took."""
        await self._executor.give_back(attempt)
        if await self._over(attempt):
            return
        async with self._lock.held("/".join(attempt.pool)):
            pause = PAUSE_SECONDS
            while not await self._try(attempt):
                await asyncio.sleep(random.uniform(pause / 2, pause))
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _try(self, attempt: ClaimAttempt) -> bool:
        """Is it over now?"""
        await self._executor.fill([attempt])
        if attempt.phase is Phase.FILLED:
            attempt.succeed()
            return True
        await self._executor.give_back(attempt)
        return await self._over(attempt)

    async def _over(self, attempt: ClaimAttempt) -> bool:
        """Refuse the claim if there are too few codes and no other claim is about to bring some back."""
        await self._executor.recall([attempt])
        if attempt.phase in {Phase.CONFIRM, Phase.FILLED}:
            return False  # Other claims under the reserveId have filled it meanwhile.
        if not attempt.over:
            await self._judge(attempt)
        return attempt.over

    async def _judge(self, attempt: ClaimAttempt) -> None:
        patient = attempt.age < PATIENCE
        available = await self._survey.available(attempt.pool, attempt.claim.now)
        if available >= len(attempt.held.empty_positions):
            if not patient:
                attempt.fail(Unavailable("store"))
        elif not (patient and await self._survey.others_half_way(attempt.claim, attempt.age)):
            stocked = available > 0 or await self._survey.has_codes(attempt.pool)
            attempt.fail(CodesExhausted(available=available, stocked=stocked))
