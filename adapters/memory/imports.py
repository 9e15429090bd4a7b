"""The record of imports in this process's memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.model.codes.imports import Import, ImportPosition
from domain.model.ids import CampaignId, ImportId, UserId


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

    async def count_of_person(self, user_id: UserId) -> int:
        return sum(run.by == user_id for run in self._runs.values())

    async def erase(self, user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        for key, run in self._runs.items():
            self._runs[key] = replace(run, by=pseudonym) if run.by == user_id else run


def _age(position: ImportPosition) -> tuple[datetime, str]:
    """The newest is the largest."""
    return position.started_at, position.id
