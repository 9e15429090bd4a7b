"""Find out how far an import is."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.errors import ImportNotFound
from domain.model.codes.imports import Import
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, ImportId
from ports.codes import ImportLog
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FindImport:
    """The state of an import: its counts so far, and if it is running, completed, failed or withdrawn."""

    raises: ClassVar[Refusals] = (ImportNotFound,)

    imports: ImportLog
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, import_id: ImportId) -> Import:
        """Raises ImportNotFound."""
        run = await self.imports.get(campaign_id, import_id)
        if run is None:
            raise ImportNotFound
        return run.as_of(self.clock.now())
