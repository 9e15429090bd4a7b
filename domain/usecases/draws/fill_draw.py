"""Offer free places of a draw to those who wait."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ClassVar, Final

from domain.model.draws.draw import Draw
from domain.model.draws.errors import DrawAborted, DrawNotDrawn, DrawNotFound
from domain.model.draws.filling import Offer, next_offers, wants
from domain.model.draws.lines import Line
from domain.model.draws.rules import MAX_PLACES
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, DrawId
from domain.model.registrations.markets import MarketId
from domain.usecases.draws.keep_claim import WORKING_FOR, KeepClaim
from domain.usecases.draws.place_entries import PlaceEntries
from ports.draws import Candidates, DrawResults, Draws
from ports.system import Clock

MAX_OFFERS: Final = 1_000
"""That are decided together. Their decision is stored with the draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDrawCommand:
    campaign_id: CampaignId
    draw_id: DrawId
    places: Mapping[str, int] = field(default_factory=dict)
    """Places to add, by market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    draw: Draw
    offered: Mapping[MarketId, int]
    """Places that entrants got by this call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenFilling:
    """What a filling would do now, by market."""

    free: Mapping[MarketId, int]
    """Places that entrants gave up, and those that would be added. A market without a waitlist is left out."""
    offered: Mapping[MarketId, int]
    """Places that entrants would get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDraw:
    """Offer free places to those who wait, in the order of the draw: places that entrants gave up by withdrawing
    or declining, and places that are added.

    Each in turn takes the first market of the own list that has a free place. Nothing is drawn again, and an
    entrant with a place is not moved. With no free place, or none who waits for it, nothing changes.
    """

    raises: ClassVar[Refusals] = (DrawNotFound, DrawAborted, DrawNotDrawn, InvalidValue)

    draws: Draws
    results: DrawResults
    candidates: Candidates
    place: PlaceEntries
    keep: KeepClaim
    clock: Clock
    together: int = MAX_OFFERS

    async def __call__(self, command: FillDrawCommand) -> Filled:
        """Raises DrawNotFound, DrawAborted, DrawNotDrawn, InvalidValue."""
        now = self.clock.now()

        def begin(draw: Draw) -> Draw:
            return draw.begin_filling(_checked(command.places, draw), now)

        draw = await self.draws.change(command.campaign_id, command.draw_id, begin)
        offered: dict[MarketId, int] = {}
        async with self.keep(draw):
            return Filled(draw=await self._filled(draw, offered), offered=offered)

    async def foresee(self, command: FillDrawCommand) -> ForeseenFilling:
        """What a call would do now. Nothing changes. Raises DrawNotFound, DrawAborted, DrawNotDrawn,
        InvalidValue."""
        read = await self.draws.get(command.campaign_id, command.draw_id)
        if read is None:
            raise DrawNotFound
        draw = read.begin_filling(_checked(command.places, read), self.clock.now())
        free = await self._free(draw)
        left, offered = dict(free), Counter[MarketId]()
        async for _, offers in self._offers(draw, left):
            offered.update(offer.market for offer in offers)
        return ForeseenFilling(free={market: count for market, count in free.items() if count}, offered=offered)

    async def resume(self, draw: Draw) -> Draw:
        """Go on with a filling that was begun. The caller keeps the claim on the draw."""
        return await self._filled(draw, {})

    async def _filled(self, draw: Draw, offered: dict[MarketId, int]) -> Draw:
        """Decide, store the decision, make the offers, and so on until there is nothing to offer.

        The decision is stored before the offers are made: two processes never decide from the same free places.
        """
        before: _Decision | None = None
        while draw.filling:
            if draw.offers:
                draw = await self._make_offers(draw, offered)
                continue
            decision = await self._decision(draw, before)
            draw = await self._decide(draw, decision.offers)
            before = decision if draw.offers == tuple(decision.offers) else None
        return draw

    async def _decide(self, read: Draw, offers: Sequence[Offer]) -> Draw:
        """Store the next offers. When there are none, the filling ends."""

        def decide(draw: Draw) -> Draw:
            return draw.decide_offers(offers, read=read) if offers else draw.end_filling(read=read)

        return await self.draws.change(read.campaign_id, read.id, decide)

    async def _make_offers(self, draw: Draw, offered: dict[MarketId, int]) -> Draw:
        offers = draw.offers
        made = await self.place(draw, dict(offers))
        for market, count in made.items():
            offered[market] = offered.get(market, 0) + count
        until = self.clock.now() + WORKING_FOR
        return await self.draws.change(
            draw.campaign_id, draw.id, lambda draw: draw.with_offers_made(offers, made, until)
        )

    async def _decision(self, draw: Draw, before: "_Decision | None") -> "_Decision":
        """The next offers, in the order of the draw.

        While no place is free that was not free before, those who were passed over want none of the free ones. So
        the reading goes on where it ended. It begins anew when a place was given up meanwhile, and before it ends.
        """
        free = await self._free(draw)
        if before and all(count <= before.left[market] for market, count in free.items()):
            decision = await self._decision_from(before.chunk, draw, free)
            if decision.offers:
                return decision
        return await self._decision_from(0, draw, free)

    async def _decision_from(self, first: int, draw: Draw, free: Mapping[MarketId, int]) -> "_Decision":
        left, offers, chunk = dict(free), list[Offer](), first
        async with aclosing(self._offers(draw, left, first)) as possible:
            async for chunk, some in possible:  # noqa: B007  # the last one is kept
                offers += some
                if len(offers) >= self.together:
                    break
        for offer in offers[self.together :]:
            left[offer.market] += 1
        return _Decision(offers=offers[: self.together], chunk=chunk, left=left)

    async def _offers(
        self, draw: Draw, free: dict[MarketId, int], first: int = 0
    ) -> AsyncGenerator[tuple[int, Sequence[Offer]]]:
        """To entrants who wait, in the order of the draw, with the number of the chunk. ``free`` becomes what is
        left."""
        if not any(free.values()):
            return
        async for chunk in self.results.waiting(draw.campaign_id, draw.id, first=first):
            lines = [line for encoded in chunk.lines if wants(line := Line.parse(encoded), free)]
            ballots = [line.ballot_id for line in lines]
            waiting = await self.candidates.waiting_among(draw.campaign_id, ballots) if ballots else ()
            yield chunk.number, next_offers([line for line in lines if line.ballot_id in waiting], free)
            if not any(free.values()):
                break

    async def _free(self, draw: Draw) -> dict[MarketId, int]:
        """Free places by market, where entrants wait for them."""
        assert draw.result is not None, "a draw that is filled has a result"
        taken = await self.candidates.placed(draw.campaign_id, draw.id)
        return {
            market: max(0, count - taken.get(market, 0))
            for market, count in draw.places.items()
            if draw.result.cutoffs[market] is not None  # Else there are places left, and none waits.
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """What is offered next, and how far the waitlist was read for it."""

    offers: Sequence[Offer]
    chunk: int
    left: Mapping[MarketId, int]
    """Places that are still free when these offers are made."""


def _checked(places: Mapping[str, int], draw: Draw) -> Mapping[MarketId, int]:
    """Raises InvalidValue."""
    for market, count in places.items():
        if market not in draw.manifest.rules.places:
            raise InvalidValue("places", "names a market that is not in the draw: its places were not announced")
        if not 1 <= count <= MAX_PLACES:
            raise InvalidValue("places", f"must be 1 to {MAX_PLACES} places of each market")
    return {MarketId(market): count for market, count in places.items()}
