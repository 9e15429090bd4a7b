"""Who has a place of a draw now, and who of them has no code."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.codes.code import CodeType
from domain.model.draws.allocation import read_result_line
from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.draw import Draw
from domain.model.ids import BallotId, CampaignId, UserId
from ports.codes import CodeCatalogue
from ports.draws import Candidates, DrawResults

FANS_TOGETHER: Final = CHUNK_LINES // 2
"""One reservation holds at most 1,000 codes, so a chunk of the result is two of them."""
Fans = Mapping[BallotId, UserId]
"""In the order of the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFans:
    results: DrawResults
    candidates: Candidates
    catalogue: CodeCatalogue
    together: int = FANS_TOGETHER

    async def of(self, draw: Draw) -> AsyncIterator[Fans]:
        """Some at a time. Without a filling, only fans with a market in the result can have a place."""
        async for chunk in self.results.results(draw.campaign_id, draw.id):
            lines = map(read_result_line, chunk.lines)
            ballots = [ballot_id for ballot_id, market in lines if draw.fillings or market is not None]
            for start in range(0, len(ballots), self.together):
                some = ballots[start : start + self.together]
                fans = await self.among(draw, some)
                yield {one: fans[one] for one in some if one in fans}

    async def among(self, draw: Draw, ballots: Sequence[BallotId]) -> Fans:
        """In no special order."""
        return await self.candidates.placed_among(draw.campaign_id, draw.id, ballots)

    async def count(self, draw: Draw) -> int:
        return sum((await self.candidates.placed(draw.campaign_id, draw.id)).values())

    async def without_code(self, campaign_id: CampaignId, type: CodeType, fans: Fans) -> Sequence[BallotId]:
        holders = await self.catalogue.holders(campaign_id, type, list(fans.values())) if fans else ()
        return [ballot_id for ballot_id, user_id in fans.items() if user_id not in holders]

    async def count_without_code(self, draw: Draw, type: CodeType) -> int:
        """They are looked at one by one."""
        count = 0
        async for fans in self.of(draw):
            count += len(await self.without_code(draw.campaign_id, type, fans))
        return count
