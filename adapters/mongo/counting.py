"""Many counts of one instant.

Each is a scan of index keys alone; as branches of one command they all see the same snapshot.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.driver import Raw

MAX_BRANCHES: Final = 500
"""In one command; MongoDB takes pipelines of at most 1,000 stages."""

Branch = tuple[str, Raw]
"""A name, and what to count under it."""


async def count_all(database: AsyncDatabase[Raw], collection: str, branches: Sequence[Branch]) -> Counter[str]:
    """How many documents match, by name; those of branches of the same name are added up."""
    counted: Counter[str] = Counter()
    concern: Raw = {"level": "snapshot"}
    for start in range(0, len(branches), MAX_BRANCHES):
        answer = await database.command(_command(collection, branches[start : start + MAX_BRANCHES], concern))
        for row in answer["cursor"]["firstBatch"]:
            counted[row["of"]] += row["n"]
        concern["atClusterTime"] = answer["cursor"]["atClusterTime"]
    return counted


def _command(collection: str, branches: Sequence[Branch], concern: Raw) -> Raw:
    first, *others = (_counted(*branch) for branch in branches)
    pipeline: list[Any] = [
        *first,
        *({"$unionWith": {"coll": collection, "pipeline": other}} for other in others),
    ]
    return {
        "aggregate": collection,
        "pipeline": pipeline,
        "cursor": {"batchSize": MAX_BRANCHES + 1},
        "readConcern": concern,
    }


def _counted(name: str, wanted: Raw) -> list[Raw]:
    return [{"$match": wanted}, {"$count": "n"}, {"$set": {"of": name}}]
