"""Find a code in many campaigns at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCode:
    """Those of the campaigns that have this code, in the order of their ids. The whole code, compared exactly."""

    raises: ClassVar[Refusals] = ()

    catalogue: CodeCatalogue

    async def __call__(self, code: str, campaigns: Sequence[CampaignId]) -> Sequence[CampaignId]:
        return await self.catalogue.campaigns_with(campaigns, code) if campaigns else []
