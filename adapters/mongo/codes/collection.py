"""Reading codes and changing them one by one, each by compare-and-set."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pymongo.errors
from pymongo import DeleteOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.codes.mapping import LAST_TRANSITION, as_read, close_position, compare_and_set, to_code
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import only_duplicates
from adapters.mongo.keys import documents_of, key
from domain.model.codes.code import Code
from domain.model.ids import CampaignId

Change = tuple[Code, Code]
"""A code as it was read, and as it should be."""


class CodeCollection:
    def __init__(self, raw: AsyncCollection[Raw]) -> None:
        self.raw = raw

    async def find(self, wanted: Raw, *, sort: str | None = None, limit: int = 0) -> list[Code]:
        """Codes with the last line of their history, which is what the rules look at."""
        cursor = self.raw.find(wanted, LAST_TRANSITION, limit=limit, max_time_ms=READ_MS)
        if sort is not None:
            cursor = cursor.sort(sort, 1)
        return [to_code(document) for document in await cursor.to_list(None)]

    async def load(self, campaign_id: CampaignId, texts: Iterable[str]) -> list[Code]:
        """Those that do not exist are left out."""
        return await self.find(documents_of(campaign_id, texts))

    async def write(self, changes: Sequence[Change]) -> list[Code]:
        """Make each change that is still possible. Returns the wanted codes that another write changed first.

        All are of one campaign.
        """
        write = secrets.token_hex(6)
        if await self._all_applied([compare_and_set(before, after, write) for before, after in changes]):
            return []
        _, first = changes[0]
        ours = documents_of(first.campaign_id, [after.text for _, after in changes]) | {"transitions.write": write}
        cursor = self.raw.find(ours, {"_id": 1}, max_time_ms=READ_MS)
        done = {document["_id"] for document in await cursor.to_list(None)}
        return [after for _, after in changes if key(after.campaign_id, after.text) not in done]

    async def confirm(self, codes: Sequence[Code]) -> list[Code]:
        """Move the versions of held codes, so that the claims that took them cannot give them back any more.

        All are of one campaign. Returns those that are not held like this any more.
        """
        moved = [(code, replace(code, version=code.version + 1)) for code in codes]
        if await self._all_applied([compare_and_set(before, after, "") for before, after in moved]):
            return []
        loaded = await self.load(codes[0].campaign_id, [code.text for code in codes])
        stored = {code.text: code for code in loaded}
        return [code for code in codes if not _is_confirmed(code, stored.get(code.text))]

    async def remove(self, codes: Sequence[Code]) -> int:
        """Remove those that have not changed since they were read. Returns how many."""
        if not codes:
            return 0
        deletes = [DeleteOne(as_read(code)) for code in codes]
        return (await self.raw.bulk_write(deletes, ordered=False)).deleted_count

    async def close_positions(self, codes: Sequence[Code]) -> None:
        """Free the positions of assigned codes of reservations that are over. A faster write did the same."""
        await self._all_applied([close_position(code) for code in codes])

    async def _all_applied(self, writes: Sequence[UpdateOne]) -> bool:
        """Make those writes that are still possible. Were all of them?"""
        if not writes:
            return True
        try:
            result = await self.raw.bulk_write(writes, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            return False
        return result.matched_count == len(writes)


def _is_confirmed(code: Code, stored: Code | None) -> bool:
    """The same hold and a later version: another claim confirmed it in the meantime, or it was assigned."""
    return stored is not None and stored.hold == code.hold and stored.version > code.version
