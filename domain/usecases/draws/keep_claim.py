"""Keep the claim on a draw while this process works on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.model.draws.draw import Draw
from domain.model.errors import Unavailable
from ports.draws import Draws
from ports.system import Clock

WORKING_FOR: Final = timedelta(minutes=1)
"""So long after its process has ended, a worker goes on with a draw."""
RENEWED_EVERY: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepClaim:
    """A computation, or a look through a waitlist, may take longer than a claim lasts. The claim is renewed
    meanwhile, so that no worker begins the same work."""

    draws: Draws
    clock: Clock
    every: timedelta = RENEWED_EVERY

    @asynccontextmanager
    async def __call__(self, draw: Draw) -> AsyncIterator[None]:
        """Claimed for as long as the block lasts, or until no work is left to do."""
        working = True

        async def renew_again_and_again() -> None:
            while working:  # Cancelling is not enough: a driver may lose a cancellation.
                await asyncio.sleep(self.every.total_seconds())
                with suppress(Unavailable):  # The work needs the store, too. It ends if the store stays away.
                    await self._renew(draw)

        await self._renew(draw)
        renewing = asyncio.create_task(renew_again_and_again())
        try:
            yield
        finally:
            working = False
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, draw: Draw) -> None:
        until = self.clock.now() + WORKING_FOR
        await self.draws.change(draw.campaign_id, draw.id, lambda draw: draw.claim(until))
