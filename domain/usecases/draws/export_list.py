"""Export the list of a draw, for auditors."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.errors import DrawNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, DrawId
from domain.usecases.draws.read_draw import ReadDraw
from ports.draws import DrawLists

Lines = AsyncIterator[Sequence[bytes]]
"""Lines without line feeds, some at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportList:
    """The list of those who take part, as it was frozen: `ballotId,tier,weight,m1>m2` in each line, sorted by
    their bytes. SHA-256 of it is the `listDigest` of the manifest.

    Ballots are pseudonyms: give the list to auditors, and not to the public.
    """

    raises: ClassVar[Refusals] = (DrawNotFound,)

    read: ReadDraw
    lists: DrawLists

    async def __call__(self, campaign_id: CampaignId, draw_id: DrawId) -> Lines:
        """Raises DrawNotFound."""
        await self.read(campaign_id, draw_id)
        return self._lines(campaign_id, draw_id)

    async def _lines(self, campaign_id: CampaignId, draw_id: DrawId) -> Lines:
        async for chunk in self.lists.chunks(campaign_id, draw_id):
            yield chunk.lines
