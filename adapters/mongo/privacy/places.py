"""Each place of the database that holds something of persons: how it is counted and cleared."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.codes.callers import CodeCallers
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from adapters.mongo.scatter import PERSON
from domain.model.ids import UserId
from ports.audit import AuditedPeople
from ports.privacy import PersonalData

AT_ONCE: Final = 1_000
"""Documents that are changed together."""
SCAN_MS: Final = 25_000
"""To read all codes; below the driver's own time limit for an answer."""
Query = Callable[[UserId], Raw]
Count = Callable[[UserId], Awaitable[int]]
Erase = Callable[[UserId, UserId, datetime], Awaitable[None]]


def held(count: Count, erase: Erase) -> PersonalData:
    """Two functions of this database."""

    @translated
    async def counted(user_id: UserId) -> int:
        return await count(user_id)

    @translated
    async def erased(user_id: UserId, pseudonym: UserId, now: datetime) -> None:
        await erase(user_id, pseudonym, now)

    return PersonalData.found_by_id(counted, erased)


def counting(collection: AsyncCollection[Raw], query: Query) -> Count:
    async def count(user_id: UserId) -> int:
        return await collection.count_documents(query(user_id), maxTimeMS=READ_MS, comment=PERSON)

    return count


def deleting(collection: AsyncCollection[Raw], query: Query) -> PersonalData:
    """Documents of one person."""

    async def erase(user_id: UserId, _: UserId, __: datetime) -> None:
        found = collection.find(query(user_id), {"_id": 1}, max_time_ms=READ_MS, comment=PERSON)
        for document in await found.to_list(None):
            await collection.delete_one(document)

    return held(counting(collection, query), erase)


def pulling_failures(failures: AsyncCollection[Raw]) -> PersonalData:
    """The failures of the person, among those of others."""

    def query(user_id: UserId) -> Raw:
        return {"failures.by": user_id}

    async def erase(user_id: UserId, _: UserId, __: datetime) -> None:
        await failures.update_many(
            query(user_id), {"$pull": {"failures": {"by": user_id}}, "$inc": {"version": 1}}
        )

    return held(counting(failures, query), erase)


def renaming_histories(entries: AsyncCollection[Raw]) -> PersonalData:
    """Of entries that a member of staff has changed. They may be many, so they are read in parts.

    The version stays: no change of an entry writes its history back.
    """

    def query(user_id: UserId) -> Raw:
        return {"history.by": {"$eq": user_id, "$type": "string"}}

    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        update = {"$set": {"history.$[theirs].by": pseudonym}}
        theirs: list[Mapping[str, str]] = [{"theirs.by": user_id}]
        while found := await _some(entries, query(user_id)):
            await entries.bulk_write(
                [UpdateOne(one, update, array_filters=theirs) for one in found], ordered=False
            )

    return held(counting(entries, query), erase)


async def _some(collection: AsyncCollection[Raw], wanted: Raw) -> list[Raw]:
    cursor = collection.find(wanted, {"campaignId": 1}, limit=AT_ONCE, max_time_ms=READ_MS, comment=PERSON)
    return await cursor.to_list(None)


def renaming_imports(imports: AsyncCollection[Raw]) -> PersonalData:
    def query(user_id: UserId) -> Raw:
        return {"by": user_id}

    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        await imports.update_many(query(user_id), {"$set": {"by": pseudonym}})

    return held(counting(imports, query), erase)


def renaming_codes(
    codes: AsyncCollection[Raw],
    imports: AsyncCollection[Raw],
    audit: AsyncCollection[Raw],
    callers: CodeCallers,
) -> PersonalData:
    """Owners of codes have an index. Callers have none: every change of a code would pay for it. So all codes are
    read where the person has imported codes, or has changed anything or was about to; fans never have.

    A repeat looks for the pseudonym, too: a request under way may have left the id behind the first erasure.
    """

    async def query(user_id: UserId, pseudonym: UserId) -> Raw:
        if await _acted((imports, audit), user_id, pseudonym) or await callers.has(user_id):
            named = ("assignedTo", "origin.by", "transitions.by", "transitions.userId")
            return {"$or": [{name: user_id} for name in named]}
        campaigns = await codes.distinct("campaignId", maxTimeMS=READ_MS, comment=PERSON)
        return {"campaignId": {"$in": campaigns}, "assignedTo": user_id, "status": "assigned"}

    @translated
    async def count(user_id: UserId, pseudonym: UserId) -> int:
        wanted = await query(user_id, pseudonym)
        return await codes.count_documents(wanted, maxTimeMS=SCAN_MS, comment=PERSON)

    @translated
    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        wanted = await query(user_id, pseudonym)
        cursor = codes.find(wanted, {"campaignId": 1}, max_time_ms=SCAN_MS, comment=PERSON)
        found = await cursor.to_list(None)
        update = _renamed_code(user_id, pseudonym)
        for first in range(0, len(found), AT_ONCE):
            writes = [UpdateOne(code, update) for code in found[first : first + AT_ONCE]]
            await codes.bulk_write(writes, ordered=False)
        await callers.forget(user_id)

    return PersonalData(count, erase)


async def _acted(rows: Sequence[AsyncCollection[Raw]], *names: UserId) -> bool:
    by = {"by": {"$in": [*names]}}
    return any([await some.find_one(by, {"_id": 1}, max_time_ms=READ_MS) for some in rows])


def _renamed_code(user_id: str, pseudonym: str) -> list[Raw]:
    """The version moves, so that no change under way writes the id back."""

    def renamed(field: str) -> Raw:
        return {"$cond": [{"$eq": [field, {"$literal": user_id}]}, {"$literal": pseudonym}, field]}

    transition = {"by": renamed("$$this.by"), "userId": renamed("$$this.userId")}
    history = {"$map": {"input": "$transitions", "in": {"$mergeObjects": ["$$this", transition]}}}
    fields: Raw = {
        "assignedTo": renamed("$assignedTo"),
        "origin.by": renamed("$origin.by"),
        "transitions": {"$cond": [{"$isArray": "$transitions"}, history, "$$REMOVE"]},
        "version": {"$add": ["$version", 1]},
    }
    return [{"$set": fields}]


def replacing(audit: AuditedPeople) -> PersonalData:
    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        await audit.replace_person(user_id, pseudonym)

    return PersonalData.found_by_id(audit.count_of_person, erase)
