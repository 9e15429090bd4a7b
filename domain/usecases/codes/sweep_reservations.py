"""Store the end of lapsed holds."""

from dataclasses import dataclass
from typing import Final

from ports.codes import CodePool
from ports.system import Clock

SWEEP_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReservations:
    """Store lapsed holds as available codes, and add the lapse to their history (code-service REQ-003).

    All reads and writes treat a lapsed hold as ended before the sweep. Any number of sweepers may run at the same
    time: each lapse is stored once.
    """

    pool: CodePool
    clock: Clock

    async def __call__(self) -> int:
        """How many lapses were stored."""
        swept = 0
        while batch := await self.pool.sweep(self.clock.now(), SWEEP_BATCH):
            swept += batch
        return swept
