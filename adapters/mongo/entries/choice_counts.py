"""How many entries have each market at each rank, at the instant at which their choices were read.

Each choice is counted by a range of index keys: this takes a third of the time of grouping them. Where there are
too many choices, keys are grouped. Where an earlier release wrote some of the entries last, documents are grouped.
Both are done in a few commands side by side, each for a range of choices.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import LANES, Branch, count_all, reading
from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import CHOICE, SEPARATOR, Chosen, parts_of, spelled, spelled_parts
from adapters.mongo.entries.known_choices import CHOICES, THEN, KnownChoices
from domain.model.registrations.eligibility import ByRank
from domain.model.registrations.markets import MAX_MARKETS

_ALL: Final = ("", 0)
"""Markets have names of at least one character, and ranks from 1 on."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Entries by market, as a choice spells it, and rank."""

    counted: Counter[tuple[str, int]]

    @property
    def total(self) -> int:
        return self.counted[_ALL]

    def by_rank(self, market: str) -> ByRank:
        first, second, third, fourth = (self.counted[spelled(market), rank] for rank in range(1, MAX_MARKETS + 1))
        return first, second, third, fourth


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are counted."""

    ranges: Sequence[Raw]
    """Filters that together find each of them once. Each is one range of index keys for each choice."""
    together: Raw
    """The same as one filter."""
    chosen: Chosen
    markets: Sequence[str]
    """Whose numbers are wanted."""


class ChoiceCounts:
    def __init__(self, database: AsyncDatabase[Raw], collection: str) -> None:
        self._database = database
        self._collection = collection

    async def tally(self, known: KnownChoices, wanted: Wanted) -> Tally:
        if known.sure and known.names is not None:
            return await self._count_each(known.names, wanted, known.concern)
        return await self._group(known, wanted)

    async def _count_each(self, names: Sequence[str], wanted: Wanted, concern: Raw) -> Tally:
        branches: list[Branch] = [
            (name, match | {CHOICE: name}) for name in names if wanted.chosen.by(name) for match in wanted.ranges
        ]
        counted = await count_all(self._database, self._collection, branches, concern) if branches else Counter()
        tally: Counter[tuple[str, int]] = Counter()
        for name, number in counted.items():
            tally[_ALL] += number
            for rank, market in enumerate(name.split(SEPARATOR)[: wanted.chosen.max_rank], start=1):
                tally[market, rank] += number
        return Tally(tally)

    async def _group(self, known: KnownChoices, wanted: Wanted) -> Tally:
        commands = [
            reading(self._collection, _grouped(wanted, lane, sure=known.sure), known.concern)
            | {"hint": CHOICES, "cursor": {"batchSize": 1 + MAX_MARKETS * len(wanted.markets)}}
            for lane in lanes(wanted.markets)
        ]
        answers: list[Any] = await asyncio.gather(*(self._database.command(command) for command in commands))
        tally: Counter[tuple[str, int]] = Counter()
        for answer in answers:
            for row in answer["cursor"]["firstBatch"]:
                tally[row["_id"]["market"], row["_id"]["rank"]] += row["n"]
        return Tally(tally)


def lanes(markets: Sequence[str]) -> Iterator[Raw]:
    """Filters that part all entries by their choices; one is for those without. Markets make the parts alike."""
    ordered = sorted(map(spelled, markets))
    marks = sorted({ordered[len(ordered) * lane // LANES] for lane in range(1, LANES)} if ordered else ())
    yield {CHOICE: None}
    for begin, end in pairwise(["", *marks, None]):
        yield {CHOICE: {"$gte": begin} if end is None else {"$gte": begin, "$lt": end}}


def _grouped(wanted: Wanted, lane: Raw, *, sure: bool) -> list[Raw]:
    """Rows of market, rank and number. Choices are grouped first, since they are fewer than entries."""
    parts = parts_of("$_id") if sure else spelled_parts("$_id")
    first = {"$slice": [parts, wanted.chosen.max_rank]}
    shown = ["", *map(spelled, wanted.markets)]
    return [
        {"$match": wanted.together | lane},
        {"$group": {"_id": f"${CHOICE}" if sure else "$markets", "n": {"$sum": 1}}},
        THEN,
        {"$match": {"$expr": wanted.chosen.by_parts(parts)}},
        {"$project": {"n": 1, "market": {"$concatArrays": [[""], first]}}},
        {"$unwind": {"path": "$market", "includeArrayIndex": "rank"}},
        {"$match": {"market": {"$in": shown}}},
        {"$group": {"_id": {"market": "$market", "rank": "$rank"}, "n": {"$sum": "$n"}}},
    ]
