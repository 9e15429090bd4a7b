"""Count who waits for a place of a draw, by market."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.errors import DrawNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, DrawId
from domain.model.registrations.markets import MarketId
from domain.usecases.draws.read_draw import ReadDraw
from ports.entries import EntryQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class CountWaitlists:
    """How many registrations of the campaign are waitlisted now, for each market of the draw that they chose.

    A fan who chose several of the markets waits for each of them.
    """

    raises: ClassVar[Refusals] = (DrawNotFound,)

    read: ReadDraw
    queries: EntryQueries

    async def __call__(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        """Raises DrawNotFound."""
        draw = await self.read(campaign_id, draw_id)
        return await self.queries.waitlisted(campaign_id, list(draw.places))
