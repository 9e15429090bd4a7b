"""Read a file of scores."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.errors import InvalidValue, Refusals
from domain.model.files.errors import FileNotFound
from domain.model.ids import CampaignId
from domain.model.registrations.errors import ScoreFileAmbiguous, ScoreFileNotFound, ScoreFileUnreadable
from domain.model.registrations.score_files import ScoreFileReader, score_key
from domain.model.registrations.scoring import ScoreProblem, ScoreRecord
from ports.objects import ObjectStore

PIECE_BYTES: Final = 8_192
"""Bytes that are read without giving way to other requests. A file of line ends only has this many lines in
them."""


async def pieces(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces. Other requests get their turn between two pieces."""
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScores:
    """The records of a file of scores in the object store, as a stream."""

    raises: ClassVar[Refusals] = (InvalidValue, ScoreFileNotFound, ScoreFileUnreadable, ScoreFileAmbiguous)

    objects: ObjectStore

    async def __call__(self, campaign_id: CampaignId, key: str) -> AsyncIterator[ScoreRecord | ScoreProblem]:
        """Raises InvalidValue when the key is not one of this campaign, ScoreFileNotFound, ScoreFileUnreadable,
        ScoreFileAmbiguous."""
        reader = ScoreFileReader()
        try:
            async for piece in pieces(self.objects.read(score_key(key, campaign_id))):
                for record in reader.feed(piece):
                    yield record
        except FileNotFound:
            raise ScoreFileNotFound from None
        for record in reader.close():
            yield record
