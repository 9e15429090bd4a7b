"""Registrations in MongoDB.

Each change compares the version of the one document it changes; that a number is confirmed once in a campaign is
a unique index's doing (entry-service REQ-002). Nothing here trusts a multi-document transaction.
"""

from collections.abc import Callable, Mapping, Sequence

import pymongo
import pymongo.errors
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.bulk_changes import BulkChanges, is_of_phone, without_room
from adapters.mongo.entries.documents import MovedMarketDocument
from adapters.mongo.entries.mapping import (
    ENTRY_FIELDS,
    as_loaded,
    compare_and_set,
    entry_or_withdrawn,
    new_document,
    to_challenge,
)
from adapters.mongo.entries.owners import Owners
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of, key, with_campaign_keys
from adapters.mongo.lookups import Lookups
from adapters.mongo.writes import Write, Writes
from domain.model.errors import DomainError, Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.confirmation import MAX_ATTEMPTS, Challenge
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.withdrawal import Withdrawn
from ports.entries import NOT_READ, EntryChange, Known, NotChanged, NotRead
from ports.system import CurrentRequest


class MongoEntryStore:
    def __init__(self, entries: AsyncCollection[Raw], request: CurrentRequest) -> None:
        self._entries = entries
        self._request = request
        self._lookups = Lookups(entries, ENTRY_FIELDS, convert=entry_or_withdrawn, filter_for=with_campaign_keys)
        self._writes = Writes(entries)
        self._owners = Owners(entries)
        self._bulk = BulkChanges(entries)

    @translated
    async def get(self, campaign_id: CampaignId, user_id: UserId) -> Entry | None:
        found = await self._lookups.get(key(campaign_id, user_id))
        return found if isinstance(found, Entry) else None

    @translated
    async def change(
        self, campaign_id: CampaignId, user_id: UserId, change: EntryChange, *, read: Known = NOT_READ
    ) -> Entry:
        """Read, decide, compare-and-set; decided anew for as long as others are faster."""
        request = self._request()
        if not isinstance(read, NotRead):
            changed = await self._change_as_read(read, change, request)
            if changed is not LOST:
                return changed

        async def attempt() -> Entry | Lost:
            found = await self._lookups.get(key(campaign_id, user_id))
            before = found if isinstance(found, Entry) else None
            after = change(before)
            if after == before:
                return as_loaded(after)
            after = after.after(found) if isinstance(found, Withdrawn) else after
            return as_loaded(after) if await self._store(found, after, request) else LOST

        return await until_stored(attempt)

    async def _change_as_read(
        self, before: Entry | None, change: EntryChange, request: RequestContext
    ) -> Entry | Lost:
        """Only a write proves that the entry is still as it was read. A refusal proves nothing, nor does an entry
        without a change."""
        try:
            after = change(before)
        except DomainError:
            return LOST
        return as_loaded(after) if after != before and await self._store(before, after, request) else LOST

    async def _store(self, before: Entry | Withdrawn | None, after: Entry, request: RequestContext) -> bool:
        """False when another change was faster."""
        if before is None:
            write: Write = InsertOne(new_document(after, request))
        else:
            write = UpdateOne(*compare_and_set(before, after, request), upsert=True)
        refused_by = await self._writes.refused_by(write)
        if is_of_phone(refused_by):
            raise PhoneUnavailable
        if refused_by and before is not None and await without_room(self._entries, [(before, after)]):
            raise Unavailable("relay")  # They wait for a worker.
        return not refused_by

    @translated
    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Mapping[UserId, NotChanged]:
        return await self._bulk.change(campaign_id, user_ids, change, self._request())

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
            document_of(campaign_id, user_id)
            | {
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
