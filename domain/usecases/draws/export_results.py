"""Export the result of a draw, for auditors."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.errors import DrawNotDrawn, DrawNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, DrawId
from domain.usecases.draws.export_list import Lines
from domain.usecases.draws.read_draw import ReadDraw
from ports.draws import DrawResults


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResults:
    """The result of the draw: `ballotId,market` in each line, `-` for no place, sorted by their bytes. SHA-256 of
    it is the `resultDigest`. Places that were filled later are not in it.

    Ballots are pseudonyms: give the result to auditors, and not to the public.
    """

    raises: ClassVar[Refusals] = (DrawNotFound, DrawNotDrawn)

    read: ReadDraw
    results: DrawResults

    async def __call__(self, campaign_id: CampaignId, draw_id: DrawId) -> Lines:
        """Raises DrawNotFound, DrawNotDrawn."""
        if (await self.read(campaign_id, draw_id)).result is None:
            raise DrawNotDrawn
        return self._lines(campaign_id, draw_id)

    async def _lines(self, campaign_id: CampaignId, draw_id: DrawId) -> Lines:
        async for chunk in self.results.results(campaign_id, draw_id):
            yield chunk.lines
