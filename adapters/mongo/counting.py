"""Many counts of one instant.

Each count scans index keys only. A few commands share them, run side by side and read the same snapshot, so that a
server with several cores uses them.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.driver import READ_MS, Raw

LANES: Final = 4
MAX_BRANCHES: Final = 500
"""In one command; MongoDB takes pipelines of at most 1,000 stages."""

SNAPSHOT: Final[Raw] = {"level": "snapshot"}

Branch = tuple[str, Raw]
"""A name, and what to count under it."""


async def count_all(
    database: AsyncDatabase[Raw], collection: str, branches: Sequence[Branch], concern: Raw | None = None
) -> Counter[str]:
    """How many documents match, by name. Branches with the same name are added up.

    ``concern``: of ``instant_of``, where other commands read the same instant.
    """
    concern = concern or await instant_of(database, collection, branches[0][1])
    width = max(LANES, -(-len(branches) // MAX_BRANCHES))
    lanes = [lane for first in range(width) if (lane := branches[first::width])]
    answers = await asyncio.gather(
        *(database.command(reading(collection, count_pipeline(collection, lane), concern)) for lane in lanes)
    )
    counted: Counter[str] = Counter()
    for answer in answers:
        for row in answer["cursor"]["firstBatch"]:
            counted[row["_id"]] += row["n"]
    return counted


async def instant_of(database: AsyncDatabase[Raw], collection: str, wanted: Raw) -> Raw:
    """The read concern with which several commands read the same instant: that of reading one wanted document."""
    one: list[Raw] = [{"$match": wanted}, {"$limit": 1}, {"$project": {"_id": 1}}]
    answer = await database.command(reading(collection, one, SNAPSHOT))
    return SNAPSHOT | {"atClusterTime": answer["cursor"]["atClusterTime"]}


def reading(collection: str, pipeline: Sequence[Raw], concern: Raw) -> Raw:
    """The command. It answers with all its rows in one batch."""
    return {
        "aggregate": collection,
        "pipeline": pipeline,
        "cursor": {"batchSize": MAX_BRANCHES + 1},
        "readConcern": concern,
        "maxTimeMS": READ_MS,
    }


def count_pipeline(collection: str, branches: Sequence[Branch]) -> list[Raw]:
    """Rows of ``_id``, the name of a branch, and ``n``; none for a branch that nothing matches."""
    first, *others = (_counted(*branch) for branch in branches)
    united: list[Any] = [{"$unionWith": {"coll": collection, "pipeline": other}} for other in others]
    return [*first, *united]


def _counted(name: str, wanted: Raw) -> list[Raw]:
    """Each stage costs MongoDB 15 µs, so there are two: not ``$count``, and the name beside it."""
    return [{"$match": wanted}, {"$group": {"_id": {"$literal": name}, "n": {"$sum": 1}}}]
