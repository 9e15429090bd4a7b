"""Eligibility never lies: the answer after a change knows of it, whatever else is going on at the same time.

Each of several members of staff looks after fans of a market of its own, and reckons in plain Python what must be
answered; all of them work at once, on two processes.
"""

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.markets import MarketId
from tests.support.fresh import new_phone
from tests.system.registrations.stage import Asked, Body, Fan, Stage, ok

STAFF: Final = 6
FANS_EACH: Final = 5
STEPS: Final = 18
RANKS: Final = range(4)
SCORES: Final = (0, 10, 55.5, 55.5, 90, 100)
SELECTIONS: Final = tuple(Selection)


@dataclass(slots=True)
class Known:
    """What must be true of one fan by now."""

    fan: Fan
    phone: str
    markets: list[str]
    score: float | None = None
    selection: str = Selection.NONE
    asked: Asked | None = None
    """With the code for the phone, while that is not confirmed."""


@dataclass(slots=True)
class Staff:
    """Changes its fans one after the other, and after each change asks."""

    stage: Stage
    campaign: str
    home: str
    away: str
    dice: random.Random
    known: list[Known] = field(default_factory=list)

    async def work(self) -> None:
        for _ in range(FANS_EACH):
            await self._register()
        moves = [
            self._change_phone,
            self._confirm,
            self._score,
            self._select,
            self._transfer,
            self._change_markets,
        ]
        for move in self.dice.choices(moves, weights=[3, 5, 6, 3, 2, 2], k=STEPS):
            await move(self.dice.choice(self.known))
            await self.check()

    async def _register(self) -> None:
        one = Known(self.stage.fan(self.campaign), new_phone(), [self.home, "nyc"])
        await one.fan.confirmed(one.phone, one.markets)
        self.known.append(one)
        await self._score(one)

    async def _change_phone(self, one: Known) -> None:
        one.phone = new_phone()
        one.asked = await one.fan.asked_for_code(one.phone, one.markets)

    async def _confirm(self, one: Known) -> None:
        waiting = next((known for known in self.known if known.asked), one)
        if waiting.asked is not None:
            ok(await waiting.asked.answer())
            waiting.asked = None

    async def _score(self, one: Known) -> None:
        score = self.dice.choice(SCORES)
        answer = await self.stage.score(self.campaign, {one.fan.id: score})
        if one.asked is None:
            one.score = score
        else:
            assert answer["rejected"] == 1

    async def _select(self, one: Known) -> None:
        selection = self.dice.choice(SELECTIONS)
        answer = await self.stage.select(self.campaign, [one.fan.id], selection)
        if one.asked is None:
            one.selection = selection
        else:
            assert answer["rejected"] == [one.fan.id]

    async def _transfer(self, one: Known) -> None:
        """All of them there, or all of them back; other fans are not asked for."""
        source, target = (self.home, self.away) if self.home in one.markets else (self.away, self.home)
        await self.stage.transfer(self.campaign, source, target)
        for known in self.known:
            moved = (target if market == source else market for market in known.markets)
            known.markets = list(dict.fromkeys(moved))

    async def _change_markets(self, one: Known) -> None:
        one.markets = self.dice.sample([self.home, self.away, "nyc"], k=self.dice.randint(2, 3))
        ok(await one.fan.register(one.phone, one.markets))

    async def check(self) -> None:
        """What is answered of the fans that are ours alone."""
        for market in (self.home, self.away):
            for selections in ([], ["selected", "waitlisted"]):
                wanted = {"market": market, "selection": selections}
                ours = [one for one in self.known if market in one.markets and _is_eligible(one, selections)]
                await self._check(wanted, market, ours)

    async def _check(self, wanted: Body, market: str, ours: Sequence[Known]) -> None:
        ranking = sorted(ours, key=lambda one: (-(one.score or 0), one.fan.id))
        listed = (await self.stage.got(self.campaign, "entries/scoring", wanted))["records"]
        assert [(one["userId"], one["score"], one["selection"], one["markets"]) for one in listed] == [
            (one.fan.id, one.score, one.selection, one.markets) for one in ranking
        ]
        counted = await self.stage.got(self.campaign, "entries/eligibility", wanted)
        by_rank = [sum(one.markets[rank : rank + 1] == [market] for one in ours) for rank in RANKS]
        assert counted["eligible"] == len(ours)
        assert counted["byMarket"] == [{"market": market, "eligible": len(ours), "byRank": by_rank}]


def _is_eligible(one: Known, selections: Sequence[str]) -> bool:
    return one.asked is None and one.score is not None and one.selection in (selections or [Selection.NONE])


async def test_the_very_next_answer_knows_of_the_change(crowded: Stage) -> None:
    """And when all is quiet again, every answer is what a slow reading of all entries says."""
    homes, aways = ([MarketId(f"{kind}-{number}") for number in range(STAFF)] for kind in ("home", "away"))
    offered = (*homes, *aways, MarketId("nyc"))
    campaign = crowded.world.open_campaign(markets=offered)
    staff = [
        Staff(crowded, campaign, home, away, random.Random(home)) for home, away in zip(homes, aways, strict=True)
    ]
    await asyncio.gather(*(one.work() for one in staff))
    await _agrees_with_a_slow_reading(crowded, campaign, offered)


async def _agrees_with_a_slow_reading(stage: Stage, campaign: str, markets: Sequence[MarketId]) -> None:
    entries = stage.entries(campaign)
    assert any(entry.eligible for entry in entries)
    assert not all(entry.eligible for entry in entries)
    for wanted in _questions(markets):
        admitted = [entry for entry in entries if _query(wanted).admits(entry)]
        await _listed_are(stage, campaign, wanted, admitted)
        await _counted_are(stage, campaign, wanted, admitted, wanted["market"] or markets)
    await _registered_are(stage, campaign, entries, markets)


def _questions(markets: Sequence[MarketId]) -> list[Body]:
    bounds = [(0, 100), (10, 55.5), (55.5, 55.5), (99, 100)]
    chosen = [[], ["nyc"], [markets[0], markets[-1]], list(markets)]
    selections = [[], ["selected"], list(SELECTIONS)]
    return [
        {"minScore": low, "maxScore": high, "market": market, "maxRank": rank, "selection": selection}
        for (low, high), market, selection, rank in itertools.product(bounds, chosen, selections, (1, 4))
    ]


def _query(wanted: Body) -> Query:
    return Query(
        min_score=wanted["minScore"],
        max_score=wanted["maxScore"],
        markets=tuple(MarketId(market) for market in wanted["market"]),
        max_rank=wanted["maxRank"],
        selections=tuple(Selection(one) for one in wanted["selection"]) or (Selection.NONE,),
    )


async def _listed_are(stage: Stage, campaign: str, wanted: Body, admitted: Sequence[Entry]) -> None:
    ranking = sorted(admitted, key=lambda entry: (-(entry.score or 0), entry.user_id))
    records = (await stage.got(campaign, "entries/scoring", wanted))["records"]
    assert [(one["userId"], one["score"], one["selection"], one["markets"]) for one in records] == [
        (entry.user_id, entry.score, entry.selection, list(entry.details.markets)) for entry in ranking
    ]


async def _counted_are(
    stage: Stage, campaign: str, wanted: Body, admitted: Sequence[Entry], markets: Sequence[str]
) -> None:
    counted = await stage.got(campaign, "entries/eligibility", wanted)
    assert counted["eligible"] == len(admitted)
    expected = [_by_rank(admitted, market, wanted["maxRank"]) for market in markets]
    assert counted["byMarket"] == [
        {"market": market, "eligible": sum(by_rank), "byRank": by_rank}
        for market, by_rank in zip(markets, expected, strict=True)
    ]


async def _registered_are(
    stage: Stage, campaign: str, entries: Sequence[Entry], markets: Sequence[MarketId]
) -> None:
    counted = await stage.got(campaign, "entries/count")
    confirmed = [entry for entry in entries if entry.confirmed]
    assert counted["total"] == len(entries)
    assert counted["byStatus"] == {
        "pending_confirmation": len(entries) - len(confirmed),
        "confirmed": len(confirmed),
    }
    expected: list[Any] = [
        {
            "market": market,
            "total": sum(_by_rank(entries, market)),
            "confirmed": sum(_by_rank(confirmed, market)),
            "byRank": _by_rank(entries, market),
        }
        for market in markets
    ]
    assert counted["byMarket"] == expected


def _by_rank(entries: Sequence[Entry], market: str, max_rank: int = 4) -> list[int]:
    chosen = [entry.details.markets[:max_rank] for entry in entries]
    return [sum(ranked[rank : rank + 1] == (market,) for ranked in chosen) for rank in RANKS]
