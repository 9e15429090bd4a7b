"""Registrations in MongoDB.

Each change compares the version of the one document it changes; that a number is confirmed once in a campaign is
a unique index's doing (entry-service REQ-002). Nothing here trusts a multi-document transaction.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Final

import bson
import pymongo
import pymongo.errors
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.documents import MovedMarketDocument
from adapters.mongo.entries.mapping import (
    ENTRY_FIELDS,
    as_loaded,
    as_read,
    compare_and_set,
    new_document,
    to_challenge,
    to_entry,
)
from adapters.mongo.entries.owners import Owners
from adapters.mongo.errors import only_duplicates, translated
from adapters.mongo.keys import key
from adapters.mongo.lookups import Lookups
from adapters.mongo.writes import Write, Writes
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.confirmation import MAX_ATTEMPTS, Challenge
from domain.model.registrations.entry import Entry, EntryStatus
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from ports.entries import EntryChange
from ports.system import CurrentRequest

BATCH: Final = 1_000
"""Entries read and written together,"""
BATCH_BYTES: Final = 2_000_000
"""or fewer, where they are large."""
FETCHED: Final = 100
"""Of them the driver holds so many, not yet decoded."""
UNDECODED: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)

_CONFIRMED: Final = EntryStatus.CONFIRMED.value

Change = tuple[Entry, Entry]
"""An entry as it was read, and as it should be."""


class MongoEntryStore:
    def __init__(self, entries: AsyncCollection[Raw], request: CurrentRequest) -> None:
        self._entries = entries
        self._request = request
        self._lookups = Lookups(entries, ENTRY_FIELDS)
        self._writes = Writes(entries)
        self._owners = Owners(entries)

    @translated
    async def get(self, campaign_id: CampaignId, user_id: UserId) -> Entry | None:
        document = await self._lookups.get(key(campaign_id, user_id))
        return to_entry(document) if document else None

    @translated
    async def change(self, campaign_id: CampaignId, user_id: UserId, change: EntryChange) -> Entry:
        """Read, decide, compare-and-set; decided anew for as long as others are faster."""
        request = self._request()

        async def attempt() -> Entry | Lost:
            before = await self.get(campaign_id, user_id)
            after = change(before)
            if after == before or await self._store(before, after, request):
                return as_loaded(after)
            return LOST

        return await until_stored(attempt)

    async def _store(self, before: Entry | None, after: Entry, request: RequestContext) -> bool:
        """False when somebody else was faster."""
        if before is None:
            write: Write = InsertOne(new_document(after, request))
        else:
            write = UpdateOne(*compare_and_set(before, after, request), upsert=True)
        refused_by = await self._writes.refused_by(write)
        if _is_of_phone(refused_by):
            raise PhoneUnavailable
        if refused_by and before is not None and await self._without_room([(before, after)]):
            raise Unavailable("relay")  # They wait for a worker.
        return not refused_by

    @translated
    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Collection[UserId]:
        """Batch after batch: one read, one write, and again for those whom others got to first."""
        unwritten: set[UserId] = set()
        request = self._request()
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
    ) -> set[UserId]:
        unwritten: set[UserId] = set()

        async def attempt() -> set[UserId] | Lost:
            nonlocal undecided
            lost: list[Change] = []
            async for entries in self._load(campaign_id, undecided):
                changes = [(before, after) for before in entries if (after := change(before)) != before]
                lost += await self._write(changes, request)
            unwritten.update(full := await self._without_room(lost))
            undecided = [before.user_id for before, _ in lost if before.user_id not in full]
            return LOST if undecided else unwritten

        return await until_stored(attempt)

    async def _load(self, campaign_id: CampaignId, user_ids: Sequence[UserId]) -> AsyncIterator[Sequence[Entry]]:
        """As many at a time as make up BATCH_BYTES: fans may have stored next to nothing, or a lot."""
        keys = [key(campaign_id, user_id) for user_id in user_ids]
        undecoded = self._entries.with_options(codec_options=UNDECODED)
        found = undecoded.find({"_id": {"$in": keys}}, ENTRY_FIELDS, batch_size=FETCHED, max_time_ms=READ_MS)
        entries: list[Entry] = []
        size = 0
        async for document in found:
            entries.append(to_entry(bson.decode(document.raw, self._entries.codec_options)))
            size += len(document.raw)
            if size >= BATCH_BYTES:
                yield entries
                entries, size = [], 0
        yield entries

    async def _write(self, changes: Sequence[Change], request: RequestContext) -> Sequence[Change]:
        """Make each change that is still possible; the others.

        A bulk write does not tell which of its updates found nothing. As upserts they do: the entry is there,
        in another version, so inserting it is refused.
        """
        if not changes:
            return ()
        writes = [UpdateOne(*compare_and_set(before, after, request), upsert=True) for before, after in changes]
        try:
            await self._entries.bulk_write(writes, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            failures = (error.details or {})["writeErrors"]
            if any(_is_of_phone(failure.get("keyPattern")) for failure in failures):
                raise PhoneUnavailable from None
            return [changes[failure["index"]] for failure in failures]
        return ()

    async def _without_room(self, failed: Sequence[Change]) -> set[UserId]:
        """Whose compare-and-set found nothing although nobody changed the entry has too many messages waiting."""
        if not failed:
            return set()
        unchanged = {"$or": [as_read(before) for before, _ in failed]}
        found = await self._entries.find(unchanged, {"userId": 1}, max_time_ms=READ_MS).to_list(None)
        return {UserId(document["userId"]) for document in found}

    @translated
    async def confirmed_owner(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        return await self._owners.of(campaign_id, phone)

    @translated
    async def remember_moved(self, campaign_id: CampaignId, market: MarketId) -> None:
        name = {"_id": key(campaign_id, market)}
        moved = self._entries.database[MovedMarketDocument.Settings.name]
        await moved.update_one(name, {"$set": {"campaignId": campaign_id, "market": market}}, upsert=True)

    @translated
    async def count_attempt(
        self, campaign_id: CampaignId, user_id: UserId, challenge_id: str, code_hash: bytes
    ) -> Challenge | None:
        """The version moves too, so that no change under way writes an older count back."""
        document = await self._entries.find_one_and_update(
            {
                "_id": key(campaign_id, user_id),
                "verification.challenge.id": challenge_id,
                "$or": [
                    {"verification.challenge.attempts": {"$lt": MAX_ATTEMPTS}},
                    {"verification.challenge.answered": True},
                ],
            },
            _attempted(code_hash),
            projection={"campaignId": 1, "userId": 1, "verification": 1},
            return_document=pymongo.ReturnDocument.AFTER,
            maxTimeMS=READ_MS,
        )
        return to_challenge(document) if document else None


def _attempted(code_hash: bytes) -> list[Raw]:
    """What ``Challenge.attempt`` does. The hashes are keyed, so how long comparing them takes tells nothing."""
    challenge = "$verification.challenge"
    right = {"$eq": [f"{challenge}.codeHash", code_hash]}
    counted: Raw = {
        "verification.challenge.attempts": {"$add": [f"{challenge}.attempts", 1]},
        "verification.challenge.answered": {"$or": [f"{challenge}.answered", right]},
        "version": {"$add": ["$version", 1]},
    }
    return [{"$set": counted}]


def _is_of_phone(pattern: Mapping[str, object] | None) -> bool:
    """Was it the unique number that refused, not the primary key?"""
    return not {"phone", "phoneKey"}.isdisjoint(pattern or {})
