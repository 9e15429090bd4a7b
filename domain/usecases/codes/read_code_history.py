"""Read the history of one code."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.codes.code import Code
from domain.model.codes.errors import CodeNotFound
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeHistory:
    code: Code
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCodeHistory:
    """Everything that happened to one code, oldest first, also a lapse that is not stored yet."""

    raises: ClassVar[Refusals] = (CodeNotFound,)

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, code: str) -> CodeHistory:
        """Raises CodeNotFound."""
        found = await self.catalogue.get(campaign_id, code)
        if found is None:
            raise CodeNotFound
        return CodeHistory(code=found, as_of=self.clock.now())
