"""The record of imports in this process's memory."""

from collections.abc import Sequence
from datetime import datetime

from domain.model.codes.imports import Import, ImportPosition
from domain.model.ids import CampaignId, ImportId


class MemoryImportLog:
    def __init__(self) -> None:
        self._runs: dict[tuple[CampaignId, ImportId], Import] = {}

    async def save(self, run: Import) -> None:
        self._runs[run.key.campaign_id, run.id] = run

    async def get(self, campaign_id: CampaignId, import_id: ImportId) -> Import | None:
        return self._runs.get((campaign_id, import_id))

    async def page(self, campaign_id: CampaignId, *, after: ImportPosition | None, limit: int) -> Sequence[Import]:
        runs = [run for (owner, _), run in self._runs.items() if owner == campaign_id]
        if after is not None:
            runs = [run for run in runs if _age(run.position) < _age(after)]
        return sorted(runs, key=lambda run: _age(run.position), reverse=True)[:limit]


def _age(position: ImportPosition) -> tuple[datetime, str]:
    """The newest is the largest."""
    return position.started_at, position.id
