"""Take an import back."""

from dataclasses import dataclass

from domain.model.codes.errors import ImportNotFound, ImportRunning
from domain.model.codes.imports import ImportStatus, Withdrawn
from domain.model.ids import CampaignId, ImportId
from ports.codes import CodePool, ImportLog
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawImport:
    """Remove the codes that an import brought, as far as they are available; the others are kept and counted.

    The run itself stays on record as `withdrawn`. Safe to repeat: what has become available
    since then goes as well.
    """

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
