"""Read a draw."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.draw import Draw
from domain.model.draws.errors import DrawNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, DrawId
from ports.draws import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDraw:
    """A draw as it is now: its manifest, and what is known of its result. Nothing of it is personal."""

    raises: ClassVar[Refusals] = (DrawNotFound,)

    draws: Draws

    async def __call__(self, campaign_id: CampaignId, draw_id: DrawId) -> Draw:
        """Raises DrawNotFound."""
        draw = await self.draws.get(campaign_id, draw_id)
        if draw is None:
            raise DrawNotFound
        return draw
