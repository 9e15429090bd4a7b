"""Stores anew, under keyed digests, what earlier releases stored under plain digests of numbers."""

from typing import Final

import pymongo.errors
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import only_duplicates
from adapters.mongo.phones.digests import PLAIN_LENGTH, keyed

AT_ONCE: Final = 1_000
_PLAIN: Final[Raw] = {"_id": {"$regex": f"(^|/)[0-9a-f]{{{PLAIN_LENGTH}}}$"}}


async def rekey(records: AsyncCollection[Raw], key: bytes, added: Raw) -> int:
    """Returns how many records had a plain digest. A record that new processes have written already stays.

    ``added``: fields that the records get. The new records are stored first, then the old ones go; after a
    crash in between, the batch is repeated.
    """
    done = 0
    while found := await records.find(_PLAIN, limit=AT_ONCE, max_time_ms=READ_MS).to_list(None):
        try:
            await records.insert_many(
                [one | added | {"_id": _rekeyed(one["_id"], key)} for one in found], ordered=False
            )
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
        await records.delete_many({"_id": {"$in": [one["_id"] for one in found]}})
        done += len(found)
    return done


def _rekeyed(id: str, key: bytes) -> str:
    """Where there is a campaign, it stands before a slash."""
    campaign, slash, plain = id.rpartition("/")
    return f"{campaign}{slash}{keyed(plain, key)}"
