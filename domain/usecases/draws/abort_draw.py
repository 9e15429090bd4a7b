"""Abort a draw that was announced."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.draw import Draw
from domain.model.draws.errors import DrawNotAnnounced, DrawNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, DrawId
from ports.draws import Draws
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortDraw:
    """Give an announced draw up. It keeps its number and stays visible, with its manifest.

    A draw that is running or drawn cannot be aborted any more. To abort again is no error.
    """

    raises: ClassVar[Refusals] = (DrawNotFound, DrawNotAnnounced)

    draws: Draws
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, draw_id: DrawId) -> Draw:
        """Raises DrawNotFound, DrawNotAnnounced."""
        now = self.clock.now()
        return await self.draws.change(campaign_id, draw_id, lambda draw: draw.abort(now))
