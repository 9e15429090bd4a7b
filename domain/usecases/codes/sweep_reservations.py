"""Write down what the clock has already decided."""

from dataclasses import dataclass
from typing import Final

from ports.codes import CodePool
from ports.system import Clock

SWEEP_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReservations:
    """Turn holds that have lapsed into available codes and add the lapse to their history (REQ-003).

    Every read and write already treats them so; the sweep only makes what is stored say it too. Any number
    of sweepers may run: each lapse is written once.
    """

    pool: CodePool
    clock: Clock

    async def __call__(self) -> int:
        """How many holds were ended."""
        swept = 0
        while batch := await self.pool.sweep(self.clock.now(), SWEEP_BATCH):
            swept += batch
        return swept
