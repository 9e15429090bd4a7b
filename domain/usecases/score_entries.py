"""Take in the scores that decide who gets tickets."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final

from domain.model.errors import FileNotFound, ScoreFileNotFound
from domain.model.ids import CampaignId
from domain.model.score_files import ScoreFileReader, score_key
from domain.model.scoring import Scored, ScoreProblem, ScoreRecord
from ports.clock import Clock
from ports.entries import Scores
from ports.objects import ObjectStore

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreEntries:
    """Store the scores of registrations, as a stream, in constant memory.

    A record exists only for an entry whose phone is confirmed (entry-service REQ-006); the others are counted as
    rejected, with the reason. The same record again changes nothing.
    """

    scores: Scores
    clock: Clock

    async def __call__(
        self, campaign_id: CampaignId, records: AsyncIterable[ScoreRecord | ScoreProblem]
    ) -> Scored:
        total = Scored()
        batch: list[ScoreRecord] = []
        async for record in records:
            if isinstance(record, ScoreProblem):
                total += Scored(rejected=1, problems=(record,))
                continue
            batch.append(record)
            if len(batch) >= BATCH:
                total += await self.scores.put(campaign_id, batch, self.clock.now())
                batch = []
        return total + (await self.scores.put(campaign_id, batch, self.clock.now()) if batch else Scored())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScores:
    """The records of a file of scores in the object store, as a stream."""

    objects: ObjectStore

    async def __call__(self, campaign_id: CampaignId, key: str) -> AsyncIterator[ScoreRecord | ScoreProblem]:
        """Raises InvalidValue for a key that is not this campaign's, ScoreFileNotFound, ScoreFileUnreadable."""
        reader = ScoreFileReader()
        try:
            async for chunk in self.objects.read(score_key(key, campaign_id)):
                for record in reader.feed(chunk):
                    yield record
        except FileNotFound:
            raise ScoreFileNotFound from None
        for record in reader.close():
            yield record
