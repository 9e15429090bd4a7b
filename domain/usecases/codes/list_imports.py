"""List the imports of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.imports import Import, ImportPosition
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.codes import ImportLog
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    runs: Sequence[Import]
    next: ImportPosition | None
    """None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports:
    """The imports of a campaign, the newest first, each as its status shows it. Withdrawn imports stay listed."""

    raises: ClassVar[Refusals] = ()

    imports: ImportLog
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, *, after: ImportPosition | None, limit: int) -> ImportPage:
        now = self.clock.now()
        found = await self.imports.page(campaign_id, after=after, limit=limit + 1)
        runs = [run.as_of(now) for run in found[:limit]]
        return ImportPage(runs=runs, next=runs[-1].position if len(found) > limit else None)
