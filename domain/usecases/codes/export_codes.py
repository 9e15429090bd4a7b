"""Export the codes of a campaign."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.codes.inventory import CodeFilter
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from domain.usecases.codes.list_codes import CodePage, ListCodes

EXPORT_PAGE: Final = 1_000
"""Codes in memory at the same time during an export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCodes:
    """All codes of a campaign that match the filter, as a stream. Only one page is in memory at a time."""

    raises: ClassVar[Refusals] = ()

    list_codes: ListCodes

    async def __call__(self, campaign_id: CampaignId, wanted: CodeFilter) -> AsyncIterator[CodePage]:
        after: str | None = None
        while True:
            page = await self.list_codes(campaign_id, wanted, after=after, limit=EXPORT_PAGE)
            yield page
            after = page.next
            if after is None:
                return
