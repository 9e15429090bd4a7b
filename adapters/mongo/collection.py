"""Reading codes and changing them one by one, each by compare-and-set."""

from collections.abc import Iterable, Sequence

import pymongo.errors
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import Raw
from adapters.mongo.errors import only_duplicates
from adapters.mongo.mapping import LAST_TRANSITION, compare_and_set, key, to_code
from domain.model.codes import Code

Change = tuple[Code, Code]
"""A code as it was read, and as it should be."""


class CodeCollection:
    def __init__(self, raw: AsyncCollection[Raw]) -> None:
        self.raw = raw

    async def find(self, wanted: Raw, *, sort: str | None = None, limit: int = 0) -> list[Code]:
        """Codes with the last line of their history, which is what the rules look at."""
        cursor = self.raw.find(wanted, LAST_TRANSITION, limit=limit)
        if sort is not None:
            cursor = cursor.sort(sort, 1)
        return [to_code(document) for document in await cursor.to_list(None)]

    async def load(self, codes: Iterable[tuple[str, str]]) -> list[Code]:
        """By campaign and text; those that do not exist are left out."""
        return await self.find({"_id": {"$in": [key(campaign, text) for campaign, text in codes]}})

    async def write(self, changes: Sequence[Change]) -> list[Code]:
        """Make each change that is still possible; the codes, as wanted, that somebody else got to first."""
        if not changes:
            return []
        writes = [compare_and_set(before, after) for before, after in changes]
        try:
            result = await self.raw.bulk_write(writes, ordered=False)
            if result.matched_count == len(changes):
                return []
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
        stored = {code.text: code for code in await self.load((a.campaign_id, a.text) for _, a in changes)}
        return [after for _, after in changes if not _is_stored(after, stored[after.text])]


def _is_stored(after: Code, stored: Code) -> bool:
    """Is the document as we wanted it? Then ours was the write that made it so."""
    same_end = stored.transitions[-1:] == after.transitions[-1:]
    return stored.version == after.version and stored.hold == after.hold and same_end
