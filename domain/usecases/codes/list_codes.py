"""List the codes of a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.codes.code import Code
from domain.model.codes.inventory import CodeFilter
from domain.model.errors import Refusals
from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    codes: Sequence[Code]
    as_of: datetime
    next: str | None
    """The last code of the page. None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCodes:
    """The codes of a campaign, page by page, in the order of their text. A code with a lapsed hold is
    available."""

    raises: ClassVar[Refusals] = ()

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int
    ) -> CodePage:
        now = self.clock.now()
        codes = await self.catalogue.page(campaign_id, wanted, after=after, limit=limit + 1, now=now)
        more = len(codes) > limit
        return CodePage(codes=codes[:limit], as_of=now, next=codes[limit - 1].text if more else None)
