"""One change of many entries: read and written batch by batch."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, TypeVar

import bson
import pymongo.errors
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.mapping import ENTRY_FIELDS, as_read, compare_and_set, to_entry
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.errors import only_duplicates
from adapters.mongo.keys import documents_of
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.withdrawal import Withdrawn
from ports.entries import NotChanged

BATCH: Final = 1_024
"""Entries that are read and written together. A chunk of a draw's result has as many."""
BATCH_BYTES: Final = 2_000_000
"""Large entries are written in smaller batches, of about this size."""
TURN: Final = 50
"""Entries that are worked on before others have a turn of the event loop: less than 10 ms."""
FETCHED: Final = 100
"""Entries that the driver holds before they are decoded."""
UNDECODED: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)

Item = TypeVar("Item")
Change = tuple[Entry | Withdrawn, Entry]
"""An entry as it was read, and as it should be."""


class BulkChanges:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries

    async def change(
        self,
        campaign_id: CampaignId,
        user_ids: Sequence[UserId],
        change: Callable[[Entry], Entry],
        request: RequestContext,
    ) -> Mapping[UserId, NotChanged]:
        """A batch is one read and one write; both are repeated for the entries that changed meanwhile."""
        unwritten: dict[UserId, NotChanged] = {}
        waiting = list(dict.fromkeys(user_ids))
        for start in range(0, len(waiting), BATCH):
            unwritten |= await self._change_batch(campaign_id, waiting[start : start + BATCH], change, request)
        return unwritten

    async def _change_batch(
        self,
        campaign_id: CampaignId,
        undecided: Sequence[UserId],
        change: Callable[[Entry], Entry],
        request: RequestContext,
    ) -> Mapping[UserId, NotChanged]:
        unwritten: dict[UserId, NotChanged] = {}
        seen: set[UserId] = set()

        async def attempt() -> Mapping[UserId, NotChanged] | Lost:
            nonlocal undecided
            lost: list[Change] = []
            missing = set(undecided) & seen
            async for entries in self._load(campaign_id, undecided):
                missing -= {entry.user_id for entry in entries}
                seen.update(entry.user_id for entry in entries)
                changes = [
                    (before, after) async for before in _in_turns(entries) if (after := change(before)) != before
                ]
                lost += await self._write(changes, request)
            full = await without_room(self._entries, lost)
            unwritten.update(dict.fromkeys(full, NotChanged.MESSAGES_WAITING))
            unwritten.update(dict.fromkeys(missing, NotChanged.WITHDRAWN))
            undecided = [before.user_id for before, _ in lost if before.user_id not in full]
            return LOST if undecided else unwritten

        return await until_stored(attempt)

    async def _load(self, campaign_id: CampaignId, user_ids: Sequence[UserId]) -> AsyncIterator[Sequence[Entry]]:
        """In batches of about BATCH_BYTES: entries may be small or large."""
        undecoded = self._entries.with_options(codec_options=UNDECODED)
        wanted = documents_of(campaign_id, user_ids) | {"status": {"$in": LIVE}}
        found = undecoded.find(wanted, ENTRY_FIELDS, batch_size=FETCHED, max_time_ms=READ_MS)
        entries: list[Entry] = []
        size = 0
        async for document in found:
            entries.append(to_entry(bson.decode(document.raw, self._entries.codec_options)))
            size += len(document.raw)
            if size >= BATCH_BYTES:
                yield entries
                entries, size = [], 0
        yield entries

    async def _write(self, changes: Sequence[tuple[Entry, Entry]], request: RequestContext) -> Sequence[Change]:
        """Make each change that is still possible; the others.

        A bulk write does not say which of its updates found no document. Upserts do: the entry exists in another
        version, so inserting it is a duplicate key.
        """
        if not changes:
            return ()
        writes = [
            UpdateOne(*compare_and_set(before, after, request), upsert=True)
            async for before, after in _in_turns(changes)
        ]
        try:
            await self._entries.bulk_write(writes, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            failures = (error.details or {})["writeErrors"]
            if any(is_of_phone(failure.get("keyPattern")) for failure in failures):
                raise PhoneUnavailable from None
            return [changes[failure["index"]] for failure in failures]
        return ()


async def _in_turns(items: Sequence[Item]) -> AsyncIterator[Item]:
    for number, item in enumerate(items, start=1):
        yield item
        if number % TURN == 0:
            await asyncio.sleep(0)


async def without_room(entries: AsyncCollection[Raw], failed: Sequence[Change]) -> set[UserId]:
    """The fans with too many messages waiting: their compare-and-set failed although their entry is unchanged."""
    if not failed:
        return set()
    unchanged = {"$or": [as_read(before) for before, _ in failed]}
    found = await entries.find(unchanged, {"userId": 1}, max_time_ms=READ_MS).to_list(None)
    return {UserId(document["userId"]) for document in found}


def is_of_phone(pattern: Mapping[str, object] | None) -> bool:
    """Did the unique index of phones refuse, rather than the primary key?"""
    return not {"phone", "phoneKey"}.isdisjoint(pattern or {})
