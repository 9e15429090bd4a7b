"""Store the scores of registrations."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, new_id
from domain.model.registrations.scoring import Scored, ScoreProblem, ScoreRecord
from ports.entries import Scores
from ports.system import Clock

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreEntries:
    """Store the scores of registrations, as a stream, in constant memory.

    Only entries with a confirmed phone take a score (entry-service REQ-006). Other records are counted as
    rejected, with the reason. A repeated record changes nothing. When one fan has several records, the last one
    counts, and the problems name the later ones as `repeated`.
    """

    raises: ClassVar[Refusals] = ()

    scores: Scores
    clock: Clock

    async def __call__(
        self, campaign_id: CampaignId, records: AsyncIterable[ScoreRecord | ScoreProblem]
    ) -> Scored:
        upload, total = new_id(), Scored()
        good: list[ScoreRecord] = []
        bad: list[ScoreProblem] = []
        async for record in records:
            if isinstance(record, ScoreProblem):
                bad.append(record)
            else:
                good.append(record)
            if len(good) + len(bad) >= BATCH:
                total += await self._store(campaign_id, good, bad, upload)
                good, bad = [], []
                await asyncio.sleep(0)  # Other requests get their turn during a long upload.
        return total + await self._store(campaign_id, good, bad, upload)

    async def _store(
        self, campaign_id: CampaignId, good: list[ScoreRecord], bad: list[ScoreProblem], upload: str
    ) -> Scored:
        stored = Scored()
        if good:
            stored = await self.scores.put(campaign_id, good, self.clock.now(), upload=upload)
        return stored.with_unread(bad)
