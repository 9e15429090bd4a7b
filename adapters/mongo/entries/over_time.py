"""Registrations over time: read from index keys, in a few commands that read the same instant."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import Branch, count_all, instant_of, reading
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.statuses import LIVE
from domain.model.ids import CampaignId
from domain.model.registrations.timeline import MAX_POINTS, TimelinePoint, TimelineSpan, timeline

LANES: Final = 2
"""Commands that group one series: a server with several cores works on them side by side."""

MANY: Final = 50_000
"""A series with more entries than that is counted unit by unit: counting a key takes a quarter of the time of
grouping it, but each count costs as much as 200 keys."""
CONFIRMED: Final[Raw] = {"$type": "date"}
"""As in the filter of the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Entries by one of their times. One range of an index has those of a unit."""

    wanted: Raw
    field: str
    index: str

    def between(self, begin: datetime, end: datetime) -> Raw:
        return self.wanted | {self.field: self.wanted.get(self.field, {}) | {"$gte": begin, "$lt": end}}


class OverTime:
    def __init__(self, database: AsyncDatabase[Raw], collection: str, *, many: int = MANY) -> None:
        self._database = database
        self._collection = collection
        self._many = many

    async def counted(self, campaign_id: CampaignId, span: TimelineSpan) -> list[TimelinePoint]:
        live = {"campaignId": campaign_id, "status": {"$in": LIVE}}
        concern = await instant_of(self._database, self._collection, live)
        proved, *made = await asyncio.gather(
            *(self._count(series, span, concern) for series in (proved_of(campaign_id), *made_of(campaign_id)))
        )
        return timeline(span, [sum(of_unit) for of_unit in zip(*made, strict=True)], proved)

    async def _count(self, series: Series, span: TimelineSpan, concern: Raw) -> Sequence[int]:
        """How many of these there are in each unit."""
        if await self._has_many(series, span):
            counts = await count_all(self._database, self._collection, branches(series, span), concern)
            return [counts[str(number)] for number in range(span.points)]
        return await self._group(series, span, concern)

    async def _has_many(self, series: Series, span: TimelineSpan) -> bool:
        wanted = series.between(span.start, span.end)
        entries = self._database[self._collection]
        return self._many < await entries.count_documents(
            wanted, hint=series.index, limit=self._many + 1, maxTimeMS=READ_MS
        )

    async def _group(self, series: Series, span: TimelineSpan, concern: Raw) -> Sequence[int]:
        commands = [
            reading(self._collection, pipeline, concern)
            | {"hint": series.index, "cursor": {"batchSize": MAX_POINTS + 1}}
            for pipeline in pipelines(series, span)
        ]
        answers: list[Any] = await asyncio.gather(*(self._database.command(command) for command in commands))
        counted: Counter[int | None] = Counter()
        for answer in answers:
            for row in answer["cursor"]["firstBatch"]:
                counted[span.point_of(row["_id"].replace(tzinfo=UTC))] += row["n"]
        return [counted[number] for number in range(span.points)]


def made_of(campaign_id: CampaignId) -> list[Series]:
    """One for each status: an index with several ranges cannot be counted alone."""
    return [
        Series(wanted={"campaignId": campaign_id, "status": status}, field="createdAt", index="newest")
        for status in LIVE
    ]


def proved_of(campaign_id: CampaignId) -> Series:
    wanted: Raw = {"campaignId": campaign_id, "phoneConfirmedAt": CONFIRMED}
    return Series(wanted=wanted, field="phoneConfirmedAt", index="confirmedAt")


def pipelines(series: Series, span: TimelineSpan) -> list[list[Raw]]:
    """One for each lane. ``$dateTrunc`` takes half the time of arithmetic."""
    marks = [span.start + span.points * lane // LANES * span.length for lane in range(LANES + 1)]
    unit = {"$dateTrunc": {"date": f"${series.field}", "unit": span.unit.value}}
    return [
        [{"$match": series.between(begin, end)}, {"$group": {"_id": unit, "n": {"$sum": 1}}}]
        for begin, end in pairwise(marks)
        if begin < end
    ]


def branches(series: Series, span: TimelineSpan) -> list[Branch]:
    """A count for each unit, by its number."""
    begins = [span.start + number * span.length for number in range(span.points + 1)]
    return [(str(number), series.between(*limits)) for number, limits in enumerate(pairwise(begins))]
