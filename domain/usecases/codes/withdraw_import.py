"""Withdraw an import."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.errors import ImportNotFound, ImportRunning
from domain.model.codes.imports import ImportStatus, Withdrawn
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, ImportId
from ports.codes import CodePool, ImportLog
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawImport:
    """Remove the available codes of an import. Its reserved and assigned codes are kept and counted.

    The import itself stays, with the status `withdrawn`. A repeat also removes codes that have become available
    since.
    """

    raises: ClassVar[Refusals] = (ImportNotFound, ImportRunning)

    pool: CodePool
    imports: ImportLog
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, import_id: ImportId) -> Withdrawn:
        """Raises ImportNotFound, ImportRunning."""
        run = await self.imports.get(campaign_id, import_id)
        if run is None:
            raise ImportNotFound
        now = self.clock.now()
        if run.as_of(now).status is ImportStatus.RUNNING:
            raise ImportRunning
        done = await self.pool.withdraw(campaign_id, import_id, now)
        await self.imports.save(run.withdrawn())
        return done
