"""Writing single documents; writes that wait at the same time share one bulk write."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pymongo.errors
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import MAX_IN_FLIGHT, Batcher
from adapters.mongo.driver import Raw
from adapters.mongo.errors import DUPLICATE_KEY, IMMUTABLE_FIELD, may_pass, unavailable

Write = InsertOne[Raw] | UpdateOne
Pattern = Mapping[str, Any]

DONE: Final[Pattern] = {}


class Writes:
    """A unique index may refuse one write of a bulk write; the others are made all the same."""

    def __init__(self, collection: AsyncCollection[Raw], *, at_once: int = MAX_IN_FLIGHT) -> None:
        """``at_once``: bulk writes in flight at once."""
        self._collection = collection
        self._batcher = Batcher(self._write, at_once=at_once)

    async def refused_by(self, write: Write) -> Pattern:
        """Make the write. Returns the keys of the unique index that refused it, none when it was made.

        Make updates upserts with NEVER_INSERT: an update that finds no document then surfaces as an error.
        """
        return await self._batcher.ask(write)

    async def _write(self, writes: Sequence[Write]) -> list[Pattern | Exception]:
        answers: list[Pattern | Exception] = [DONE] * len(writes)
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if may_pass(error):
                raise
            for failure in (error.details or {})["writeErrors"]:
                answers[failure["index"]] = _refusal(failure)
        return answers


def _refusal(failure: Raw) -> Pattern | Exception:
    if failure["code"] == IMMUTABLE_FIELD:
        return {"_id": 1}
    if failure["code"] == DUPLICATE_KEY:
        pattern: Pattern = failure["keyPattern"]
        return pattern
    return unavailable(pymongo.errors.WriteError("", failure["code"], failure))
