"""Count the codes of a campaign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.codes.code import CodeType
from domain.model.codes.inventory import StatusCounts
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The counts by type, and the time of the count."""

    counts: Mapping[CodeType, StatusCounts]
    as_of: datetime

    @property
    def total(self) -> StatusCounts:
        return sum(self.counts.values(), start=StatusCounts())


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCodes:
    """How many codes are available, reserved and assigned, by type. The counts are exact at every moment.

    The three counts always add up to the number of imported codes. A lapsed hold counts as available (code-service
    REQ-003). An unknown campaign has no codes.
    """

    raises: ClassVar[Refusals] = ()

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, only: CodeType | None = None) -> Inventory:
        now = self.clock.now()
        counts = await self.catalogue.count(campaign_id, now)
        wanted = [only] if only else list(CodeType)
        return Inventory(counts={type: counts.get(type, StatusCounts()) for type in wanted}, as_of=now)
