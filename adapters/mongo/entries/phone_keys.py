"""Keys of phones and of searches, for entries that were stored without them, or with those of another phone;
ballots, and choices of markets.

Processes of version 0.1 know no keys: what they confirm has none, and a phone that they change keeps the key
of the one before. Reading all entries anew finds both, whenever ``fangate migrate`` runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pymongo.errors
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.entries.ballots import with_ballot
from adapters.mongo.entries.choices import CHOICE, with_choice
from adapters.mongo.entries.search_keys import with_search_keys
from adapters.mongo.errors import only_duplicates
from adapters.mongo.scatter import PHONE_DOUBLES, PHONE_KEYS
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber

AT_ONCE: Final = 2_000
_CONFIRMED: Final = EntryStatus.CONFIRMED.value
_SHOWN: Final = dict.fromkeys(
    ("campaignId", "phone", "phoneKey", "status", "email", "searchKeys", "ballotId", "markets", "prefs", CHOICE), 1
)
_KEYED: Final[Raw] = {"status": _CONFIRMED, "phoneKey": {"$exists": True}}
_OF_ONE_TELEPHONE: Final[Raw] = {
    "_id": {"campaignId": "$campaignId", "phoneKey": "$phoneKey"},
    "ids": {"$push": "$_id"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What came of it."""

    entries: int = 0
    """That have another key now, or none."""
    doubles: int = 0
    """Confirmed entries whose telephone another fan has confirmed, too, in another spelling."""
    ballots: int = 0
    """Entries that were given a ballot."""
    choices: int = 0
    """Entries whose markets are one text now, too."""


class PhoneKeys:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries

    async def release_doubles(self) -> None:
        """Where entries share a key, keep it in one of them only, so that the unique index can be built."""
        groups: list[Raw] = [
            {"$match": _KEYED},
            {"$group": _OF_ONE_TELEPHONE},
            {"$match": {"ids.1": {"$exists": True}}},
        ]
        async for group in aggregate(self._entries, groups, allowDiskUse=True, comment=PHONE_DOUBLES):
            ours = {"campaignId": group["_id"]["campaignId"], "_id": {"$in": group["ids"][1:]}}
            await self._entries.update_many(ours, {"$unset": {"phoneKey": ""}})

    async def adopt(self) -> Adopted:
        """Every confirmed entry gets its key, unless the telephone has another owner: that one stays as it is.

        Each page is written before the next is read. After a crash, a repeat does the rest.
        """
        changed = doubles = ballots = choices = 0
        after = ""
        while documents := await self._next(after):
            after = documents[-1]["_id"]
            ballots += await self._update(documents, with_ballot)
            await self._update(documents, with_search_keys)
            choices += await self._update(documents, with_choice)
            wrong = [document for document in documents if document.get("phoneKey") != _wanted(document)]
            refused = await self._correct(wrong)
            await self._leave_without([document for document in refused if "phoneKey" in document])
            changed += len(wrong) - len(refused)
            doubles += len(refused)
        return Adopted(entries=changed, doubles=doubles, ballots=ballots, choices=choices)

    async def _update(self, documents: Sequence[Raw], change: Callable[[Raw], UpdateOne | None]) -> int:
        """Returns how many documents were changed."""
        writes = [write for document in documents if (write := change(document))]
        return (await self._entries.bulk_write(writes, ordered=False)).modified_count if writes else 0

    async def _next(self, after: str) -> list[Raw]:
        found = self._entries.find(
            {"_id": {"$gt": after}},
            _SHOWN,
            sort=[("_id", 1)],
            limit=AT_ONCE,
            max_time_ms=READ_MS,
            comment=PHONE_KEYS,
        )
        return await found.to_list(None)

    async def _correct(self, documents: Sequence[Raw]) -> list[Raw]:
        """Returns those that the unique index refuses. A change made meanwhile writes the right key itself."""
        if not documents:
            return []
        try:
            await self._entries.bulk_write([_corrected(document) for document in documents], ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            return [documents[failure["index"]] for failure in (error.details or {})["writeErrors"]]
        return []

    async def _leave_without(self, documents: Sequence[Raw]) -> None:
        """A key of another phone would keep that phone from its owner."""
        if documents:
            without_key: Raw = {"$unset": {"phoneKey": ""}}
            writes = [UpdateOne(_found(one), without_key) for one in documents]
            await self._entries.bulk_write(writes, ordered=False)


def _wanted(document: Raw) -> str | None:
    return phone_key(PhoneNumber(document["phone"])) if document["status"] == _CONFIRMED else None


def _corrected(document: Raw) -> UpdateOne:
    wanted = _wanted(document)
    as_read = _found(document) | {name: document[name] for name in ("phone", "status")}
    return UpdateOne(as_read, {"$set": {"phoneKey": wanted}} if wanted else {"$unset": {"phoneKey": ""}})


def _found(document: Raw) -> Raw:
    return {name: document[name] for name in ("campaignId", "_id")}
