"""The audit log in MongoDB."""

from collections.abc import Sequence
from typing import Final

import pymongo.errors
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.audit.mapping import behind, facts_to_stored, from_stored, to_query, to_stored
from adapters.mongo.codes.callers import CodeCallers
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.stored_documents import DOWN
from adapters.mongo.writes import Writes
from domain.model.audit.records import AuditFilter, AuditId, AuditPosition, AuditRecord, Facts, people_in
from domain.model.ids import UserId
from ports.audit import Begun

NEWEST_FIRST: Final = [("at", DOWN), ("_id", DOWN)]
PAGE: Final = 500
"""Rows that are changed together when a person is erased."""


class MongoAuditLog:
    def __init__(self, rows: AsyncCollection[Raw], callers: CodeCallers) -> None:
        self._rows = rows
        self._callers = callers
        # One bulk write at once: rows are written behind a change that has waited already, and fewer, larger bulk
        # writes cost the process less.
        self._writes = Writes(rows, at_once=1)

    @translated
    async def begin(self, record: AuditRecord) -> Begun:
        try:
            await self._rows.insert_one(to_stored(record))
        except pymongo.errors.DuplicateKeyError:
            stored = await self._rows.find_one({"_id": record.id}, {"outcome": 1}, max_time_ms=READ_MS)
            return Begun.OPEN if stored is not None and stored["outcome"] is None else Begun.COMPLETE
        return Begun.NEW

    @translated
    async def complete(self, id: AuditId, outcome: Facts) -> bool:
        """The persons are added, not replaced: an erasure may have been there since."""
        update: Raw = {"$set": {"outcome": facts_to_stored(outcome)}}
        if people := list(people_in(outcome)):
            update["$addToSet"] = {"people": {"$each": people}}
        result = await self._rows.update_one({"_id": id, "outcome": None}, update)
        return result.matched_count > 0

    @translated
    async def expect(self, by: UserId) -> None:
        """The frequent changes are those of codes, whose histories have no index of callers."""
        await self._callers.add(by)

    @translated
    async def append(self, record: AuditRecord) -> bool:
        return not await self._writes.refused_by(InsertOne(to_stored(record)))

    @translated
    async def page(self, wanted: AuditFilter, *, after: AuditPosition | None, limit: int) -> Sequence[AuditRecord]:
        return await self._page(to_query(wanted), after, limit)

    @translated
    async def of_person(
        self, user_id: UserId, *, after: AuditPosition | None, limit: int
    ) -> Sequence[AuditRecord]:
        return await self._page(_of(user_id), after, limit)

    @translated
    async def count_of_person(self, user_id: UserId) -> int:
        return await self._rows.count_documents(_of(user_id), maxTimeMS=READ_MS)

    @translated
    async def replace_person(self, user_id: UserId, pseudonym: UserId) -> int:
        """Page by page, until no row concerns the person."""
        replaced = 0
        while found := await self._page(_of(user_id), None, PAGE):
            writes = [_replacement(one, one.replace_person(user_id, pseudonym)) for one in found]
            result = await self._rows.bulk_write(writes, ordered=False)
            replaced += result.modified_count
        return replaced

    async def _page(self, query: Raw, after: AuditPosition | None, limit: int) -> list[AuditRecord]:
        if after is not None:
            query = {"$and": [query, behind(after)]}
        cursor = self._rows.find(query, sort=NEWEST_FIRST, limit=limit, max_time_ms=READ_MS)
        return [from_stored(row) for row in await cursor.to_list(None)]


def _of(user_id: UserId) -> Raw:
    return {"$or": [{"by": user_id}, {"people": user_id}]}


def _replacement(before: AuditRecord, after: AuditRecord) -> UpdateOne:
    """Only where the row still has the outcome that was read, or none: it may have been completed meanwhile. Then
    it is read and replaced again."""
    known = None if before.outcome is None else {"$ne": None}
    changed = to_stored(after)
    update: Raw = {"$set": {name: changed[name] for name in ("by", "asked", "outcome")}}
    if people := changed.get("people"):
        update["$set"]["people"] = people
    else:
        update["$unset"] = {"people": ""}
    return UpdateOne({"_id": before.id, "outcome": known}, update)
