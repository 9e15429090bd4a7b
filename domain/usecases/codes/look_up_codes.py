"""Ask what there is: counts, lists, and the story of one code."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.codes.code import Code, CodeType
from domain.model.codes.errors import CodeNotFound
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue
from ports.system import Clock

EXPORT_PAGE: Final = 1_000
"""Codes held in memory at once while exporting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The counts by type, and the instant they are of."""

    counts: Mapping[CodeType, StatusCounts]
    as_of: datetime

    @property
    def total(self) -> StatusCounts:
        return sum(self.counts.values(), start=StatusCounts())


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCodes:
    """How many codes are available, reserved and assigned, by type; exact at every moment.

    The three always add up to what was imported, and a hold that has lapsed counts as available.
    An unknown campaign has no codes.
    """

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, only: CodeType | None = None) -> Inventory:
        now = self.clock.now()
        counts = await self.catalogue.count(campaign_id, now)
        wanted = [only] if only else list(CodeType)
        return Inventory(counts={type: counts.get(type, StatusCounts()) for type in wanted}, as_of=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    codes: Sequence[Code]
    as_of: datetime
    next: str | None
    """The last code of the page, when there may be more behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCodes:
    """The codes of a campaign, page by page in the order of their text; a lapsed hold shows as available."""

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int
    ) -> CodePage:
        now = self.clock.now()
        codes = await self.catalogue.page(campaign_id, wanted, after=after, limit=limit + 1, now=now)
        more = len(codes) > limit
        return CodePage(codes=codes[:limit], as_of=now, next=codes[limit - 1].text if more else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCodes:
    """All codes of a campaign that match, as a stream; nothing but one page is ever in memory."""

    list_codes: ListCodes

    async def __call__(self, campaign_id: CampaignId, wanted: CodeFilter) -> AsyncIterator[CodePage]:
        after: str | None = None
        while True:
            page = await self.list_codes(campaign_id, wanted, after=after, limit=EXPORT_PAGE)
            yield page
            after = page.next
            if after is None:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeStory:
    code: Code
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellCodeHistory:
    """Everything that happened to one code, oldest first, a lapse that nobody wrote down yet included."""

    catalogue: CodeCatalogue
    clock: Clock

    async def __call__(self, campaign_id: CampaignId, code: str) -> CodeStory:
        """Raises CodeNotFound."""
        found = await self.catalogue.get(campaign_id, code)
        if found is None:
            raise CodeNotFound
        return CodeStory(code=found, as_of=self.clock.now())
