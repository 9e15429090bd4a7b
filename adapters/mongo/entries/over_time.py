"""Registrations over time: read from index keys, in a few commands that read the same instant."""

import asyncio
from collections import Counter
from datetime import UTC
from itertools import pairwise
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import Branch, count_all, instant_of, reading
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.mapping import LIVE
from domain.model.ids import CampaignId
from domain.model.registrations.timeline import MAX_POINTS, TimelinePoint, TimelineSpan, timeline

LANES: Final = 2
"""Commands for each of the two counts: a server with several cores works on them side by side."""

MANY: Final = 200_000
"""More entries than that are counted unit by unit: counting a key takes a quarter of the time of grouping it, but
each count costs as much as 100 keys."""
CREATED, PROVED = "created", "confirmed"


class OverTime:
    def __init__(self, database: AsyncDatabase[Raw], collection: str, *, many: int = MANY) -> None:
        self._database = database
        self._collection = collection
        self._many = many

    async def counted(self, campaign_id: CampaignId, span: TimelineSpan) -> list[TimelinePoint]:
        of_campaign: Raw = {"campaignId": campaign_id}
        if await self._has_many(of_campaign, span):
            counts = await count_all(self._database, self._collection, branches(of_campaign, span))
            created, confirmed = (
                [counts[f"{name} {number}"] for number in range(span.points)] for name in (CREATED, PROVED)
            )
            return timeline(span, created, confirmed)
        concern = await instant_of(self._database, self._collection, of_campaign | {"status": {"$in": LIVE}})
        created, confirmed = await asyncio.gather(
            self._count(of_campaign | {"status": {"$in": LIVE}}, "createdAt", span, concern),
            self._count(of_campaign | {"phoneConfirmedAt": CONFIRMED}, "phoneConfirmedAt", span, concern),
        )
        return timeline(span, created, confirmed)

    async def _has_many(self, of_campaign: Raw, span: TimelineSpan) -> bool:
        made = of_campaign | {"status": {"$in": LIVE}, "createdAt": {"$gte": span.start, "$lt": span.end}}
        entries = self._database[self._collection]
        return self._many < await entries.count_documents(
            made, hint=HINTS["createdAt"], limit=self._many + 1, maxTimeMS=READ_MS
        )

    async def _count(self, wanted: Raw, field: str, span: TimelineSpan, concern: Raw) -> list[int]:
        """How many of these there are in each unit."""
        commands = [
            reading(self._collection, pipeline, concern)
            | {"hint": HINTS[field], "cursor": {"batchSize": MAX_POINTS + 1}}
            for pipeline in pipelines(wanted, field, span)
        ]
        answers: list[Any] = await asyncio.gather(*(self._database.command(command) for command in commands))
        counted: Counter[int | None] = Counter()
        for answer in answers:
            for row in answer["cursor"]["firstBatch"]:
                counted[span.point_of(row["_id"].replace(tzinfo=UTC))] += row["n"]
        return [counted[number] for number in range(span.points)]


CONFIRMED: Final[Raw] = {"$type": "date"}
"""As in the filter of the index."""
HINTS: Final = {"createdAt": "newest", "phoneConfirmedAt": "confirmedAt"}


def pipelines(wanted: Raw, field: str, span: TimelineSpan) -> list[list[Raw]]:
    """One for each lane. ``$dateTrunc`` takes half the time of arithmetic."""
    marks = [span.start + span.points * lane // LANES * span.length for lane in range(LANES + 1)]
    unit = {"$dateTrunc": {"date": f"${field}", "unit": span.unit.value}}
    return [
        [
            {"$match": wanted | {field: wanted.get(field, {}) | {"$gte": begin, "$lt": end}}},
            {"$group": {"_id": unit, "n": {"$sum": 1}}},
        ]
        for begin, end in pairwise(marks)
        if begin < end
    ]


def branches(of_campaign: Raw, span: TimelineSpan) -> list[Branch]:
    """A count for each unit and status: each is one range of an index."""
    found: list[Branch] = []
    for number in range(span.points):
        begin = span.start + number * span.length
        unit: Raw = {"$gte": begin, "$lt": begin + span.length}
        found += [(f"{CREATED} {number}", of_campaign | {"status": one, "createdAt": unit}) for one in LIVE]
        found.append((f"{PROVED} {number}", of_campaign | {"phoneConfirmedAt": CONFIRMED | unit}))
    return found
