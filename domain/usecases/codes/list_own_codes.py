"""The codes that a fan has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.codes.code import Code
from domain.model.codes.inventory import CodeFilter
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from ports.codes import CodeCatalogue
from ports.system import Clock

MAX_CODES: Final = 1_000
"""As many as one reservation holds: no fan has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOwnCodes:
    """The codes of the campaign that were assigned to the caller, in the order of their text."""

    raises: ClassVar[Refusals] = ()

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> Sequence[Code]:
        wanted = CodeFilter(user_id=user_id)
        return await self.catalogue.page(campaign_id, wanted, after=None, limit=MAX_CODES, now=self.clock.now())
