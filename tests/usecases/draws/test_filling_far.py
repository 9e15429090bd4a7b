"""A filling that goes far down the waitlist reads it once. Each place still goes to the first who wants it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.model.draws.chunks import CHUNK_LINES, WaitingChunk
from domain.model.draws.draw import Draw
from domain.model.ids import BallotId, CampaignId, DrawId
from domain.usecases.draws.fill_draw import FillDraw, FillDrawCommand
from tests.support.registrations import BOS, LAX, NYC, TOUR
from tests.usecases.draws.stage import Stage

FANS: Final = 3 * CHUNK_LINES
TOGETHER: Final = 100
ADDED: Final[Mapping[str, int]] = {NYC: 700, LAX: 700}


@dataclass(slots=True)
class WatchedResults:
    """Notes which chunks of the waitlist are read. ``leaves``: gives up a place when this chunk is read first."""

    results: Any
    stage: Stage
    leaves: BallotId | None = None
    read: list[int] = field(default_factory=list)

    async def waiting(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[WaitingChunk]:
        async for chunk in self.results.waiting(campaign_id, draw_id, first=first):
            self.read.append(chunk.number)
            if chunk.number == 1 and self.leaves is not None:
                await self.stage.withdraw(self.leaves)
                self.leaves = None
            yield chunk


async def drawn() -> tuple[Stage, Draw]:
    stage = Stage(fans=FANS)
    await stage.announce()
    return stage, await stage.drawn()


async def filled(stage: Stage, watched: WatchedResults) -> None:
    results: Any = watched
    fill: FillDraw = replace(stage.run().fill, results=results, together=TOGETHER)
    await fill(FillDrawCommand(campaign_id=TOUR, draw_id=stage.draw_id, places=ADDED))


async def test_chunks_that_were_passed_are_not_read_again() -> None:
    stage, _ = await drawn()
    watched = WatchedResults(stage.store.draw_results, stage)
    await filled(stage, watched)

    assert watched.read[0] == 0
    assert max(watched.read) >= 1
    assert watched.read == sorted(watched.read)


async def test_a_place_that_is_given_up_meanwhile_goes_to_the_first_who_wants_it() -> None:
    stage, draw = await drawn()
    placed = next(one for one, market in stage.markets().items() if market == BOS)
    watched = WatchedResults(stage.store.draw_results, stage, leaves=placed)
    await filled(stage, watched)

    after = stage.markets()
    won = {one for one, market in stage.expected(draw).markets.items() if market == BOS}
    (lucky,) = [one for one, market in after.items() if market == BOS and one not in won]
    before = [one.line for one in stage.order(draw)]
    earlier = before[: [line.ballot_id for line in before].index(lucky)]
    assert not [line for line in earlier if BOS in line.markets and after.get(line.ballot_id, BOS) is None]
