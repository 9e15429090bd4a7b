"""The members of staff in histories of codes: they changed codes before there was an audit log.

The histories have no index of callers: every change of a code would pay for it. So ``fangate migrate`` reads them
all, and an erasure or an export reads them for these persons only.
"""

from typing import Final

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.scatter import EARLIER_CALLERS
from domain.model.privacy.people import PREFIX

_CALLERS: Final[list[Raw]] = [
    {"$project": {"_id": 0, "by": {"$setUnion": [{"$ifNull": ["$transitions.by", []]}, ["$origin.by"]]}}},
    {"$unwind": "$by"},
    {"$group": {"_id": "$by"}},
]


class EarlierCallers:
    def __init__(self, codes: AsyncCollection[Raw], callers: AsyncCollection[Raw]) -> None:
        self._codes = codes
        self._callers = callers

    async def adopt(self) -> None:
        """Find them. Processes of earlier releases may still add some, so each migration reads all codes."""
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
        await self._callers.delete_one({"_id": user_id})
