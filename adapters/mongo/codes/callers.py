"""The members of staff in histories of codes whom the audit log may not know.

The histories have no index of callers: every change of a code would pay for it. So an erasure or an export reads
them for these persons only. They are callers of earlier releases, which ``fangate migrate`` finds, and callers of
frequent changes, whose rows come after the change: a process may end in between.
"""

import time
from typing import Final

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import REMEMBERED, REMEMBERED_SECONDS
from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.scatter import EARLIER_CALLERS
from adapters.mongo.writes import Writes
from domain.model.privacy.people import PREFIX

_CALLERS: Final[list[Raw]] = [
    {"$project": {"_id": 0, "by": {"$setUnion": [{"$ifNull": ["$transitions.by", []]}, ["$origin.by"]]}}},
    {"$unwind": "$by"},
    {"$group": {"_id": "$by"}},
]


class CodeCallers:
    def __init__(self, codes: AsyncCollection[Raw], callers: AsyncCollection[Raw]) -> None:
        self._codes = codes
        self._callers = callers
        self._writes = Writes(callers)
        self._written: dict[str, float] = {}
        """Whom this process has stored last, and when."""

    async def add(self, user_id: str) -> None:
        """The person is stored when this returns.

        A process does not store a caller twice within REMEMBERED_SECONDS. It remembers no longer: an erasure may
        have removed the person since.
        """
        now, before = time.monotonic(), self._written.get(user_id)
        if before is not None and now - before < REMEMBERED_SECONDS:
            return
        await self._writes.refused_by(UpdateOne({"_id": user_id}, {"$setOnInsert": {"_id": user_id}}, upsert=True))
        if len(self._written) >= REMEMBERED:
            del self._written[next(iter(self._written))]
        self._written[user_id] = now

    async def adopt(self) -> None:
        """Find those of earlier releases, whose processes may still add some: each migration reads all codes."""
        found = aggregate(self._codes, _CALLERS, allowDiskUse=True, comment=EARLIER_CALLERS)
        persons = [one["_id"] async for one in found if one["_id"] and not one["_id"].startswith(PREFIX)]
        if persons:
            await self._callers.bulk_write(
                [UpdateOne({"_id": id}, {"$setOnInsert": {"_id": id}}, upsert=True) for id in persons],
                ordered=False,
            )

    async def has(self, user_id: str) -> bool:
        return await self._callers.find_one({"_id": user_id}, max_time_ms=READ_MS) is not None

    async def forget(self, user_id: str) -> None:
        self._written.pop(user_id, None)
        await self._callers.delete_one({"_id": user_id})
