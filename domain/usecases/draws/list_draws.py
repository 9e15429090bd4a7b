"""List the draws of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.draws.draw import Draw
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.draws import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPage:
    draws: Sequence[Draw]
    next: int | None
    """The number before which the next page begins; None on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraws:
    """All draws that were announced, aborted ones too, the newest first. Nothing in them is personal.

    Numbers begin at 1 and have no gap: a draw that is not in the list was never announced.
    """

    raises: ClassVar[Refusals] = ()

    draws: Draws

    async def __call__(self, campaign_id: CampaignId, *, before: int | None, limit: int) -> DrawPage:
        draws = await self.draws.page(campaign_id, before=before, limit=limit + 1)
        more = len(draws) > limit
        return DrawPage(draws=draws[:limit], next=draws[limit - 1].number if more else None)
