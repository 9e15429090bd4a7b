"""Uploaded scores in MongoDB: on the entry, where the questions are answered, and as a record of the upload.

Each write can be repeated: what a crash left undone is done when the same file comes again.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import pymongo.errors
from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.entry_store import MongoEntryStore
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.errors import only_duplicates, translated
from adapters.mongo.keys import document_of, documents_of, key
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.scoring import Scored, ScoreRecord, ScoreRefusal, latest_by_fan, summarize
from ports.entries import NotChanged

CONFIRMED: Final = EntryStatus.CONFIRMED.value

LANES: Final = 2
"""Bulk writes side by side: most of the work is the server's, in its indexes."""

Refused = dict[UserId, ScoreRefusal]
UNWRITTEN: Final = {
    NotChanged.MESSAGES_WAITING: ScoreRefusal.MESSAGES_WAITING,
    NotChanged.WITHDRAWN: ScoreRefusal.NO_ENTRY,
}


class Upload(NamedTuple):
    """Marks the records that one upload has brought, so that a fan who comes twice in it is noticed."""

    campaign_id: CampaignId
    id: str
    at: datetime

    def marked(self, document: Raw) -> bool:
        return document.get("upload") == self.id


class MongoScores:
    def __init__(
        self, entries: AsyncCollection[Raw], scoring: AsyncCollection[Raw], store: MongoEntryStore
    ) -> None:
        self._entries = entries
        self._scoring = scoring
        self._store = store

    @translated
    async def put(
        self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime, *, upload: str
    ) -> Scored:
        """Scores alone are set in bulk; a record that changes a selection changes the entry like any command."""
        one_each = latest_by_fan(records)
        standing = await self._standing(campaign_id, one_each)
        refused: Refused = {}
        scored: list[ScoreRecord] = []
        selected: list[ScoreRecord] = []
        for user_id, record in one_each.items():
            entry = standing.get(user_id)
            if entry is None or entry["status"] != CONFIRMED:
                refused[user_id] = _refusal(entry)
            elif record.changes_selection(Selection(entry["selection"])):
                selected.append(record)
            elif entry["score"] != record.score:
                scored.append(record)
        refused |= await self._score(campaign_id, scored)
        refused |= await self._select(campaign_id, selected, now)
        accepted = [record for user_id, record in one_each.items() if user_id not in refused]
        seen = await self._keep(accepted, Upload(campaign_id, upload, now))
        upserted = {record.user_id for record in (*scored, *selected)} - refused.keys()
        return summarize(records, upserted, refused, seen)

    async def _standing(self, campaign_id: CampaignId, user_ids: Collection[UserId]) -> Mapping[UserId, Raw]:
        shown = {"_id": 0, "userId": 1, "status": 1, "selection": 1, "score": 1}
        cursor = self._entries.find(documents_of(campaign_id, user_ids), shown, max_time_ms=READ_MS)
        return {UserId(document["userId"]): document for document in await cursor.to_list(None)}

    async def _score(self, campaign_id: CampaignId, records: Sequence[ScoreRecord]) -> Refused:
        """Refuses fans who are no longer confirmed, or withdrew. Raises the version, so that no older score is
        written back."""
        refused: Refused = {}
        while records:
            writes = [
                UpdateOne(
                    document_of(campaign_id, record.user_id) | {"status": CONFIRMED},
                    {"$set": {"score": float(record.score)}, "$inc": {"version": 1}},
                )
                for record in records
            ]
            lanes = [lane for first in range(LANES) if (lane := writes[first::LANES])]
            results = await asyncio.gather(*(self._entries.bulk_write(lane, ordered=False) for lane in lanes))
            if sum(result.matched_count for result in results) == len(records):
                break
            standing = await self._standing(campaign_id, [record.user_id for record in records])
            found = [(one, standing.get(one.user_id)) for one in records]
            missed = [(one, entry) for one, entry in found if entry is None or entry["score"] != one.score]
            records = [one for one, entry in missed if entry and entry["status"] == CONFIRMED]
            gone = {one.user_id: _refusal(entry) for one, entry in missed if one not in records}
            refused |= gone
        return refused

    async def _select(self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime) -> Refused:
        by_user = {record.user_id: record for record in records}
        confirmed: dict[UserId, bool] = {}

        def apply(entry: Entry) -> Entry:
            confirmed[entry.user_id] = entry.confirmed
            return by_user[entry.user_id].apply(entry, now)

        unwritten = await self._store.change_many(campaign_id, list(by_user), apply)
        late = {id: ScoreRefusal.PHONE_NOT_CONFIRMED for id in by_user if not confirmed.get(id)}
        withdrawn = {id: ScoreRefusal.NO_ENTRY for id in by_user if id not in confirmed}
        return late | withdrawn | {id: UNWRITTEN[reason] for id, reason in unwritten.items()}

    async def _keep(self, records: Sequence[ScoreRecord], upload: Upload) -> Collection[UserId]:
        """Record what was uploaded; returns the fans of the records that this upload has brought already.

        New ones are inserted, not upserted: that is ten times faster.
        """
        kept = await self._kept(records, upload)
        seen = [user_id for user_id, document in kept.items() if upload.marked(document)]

        async def attempt() -> Collection[UserId] | Lost:
            nonlocal kept
            if await self._bring(records, kept, upload):
                await self._forget_withdrawn(records, upload)
                return seen
            kept = await self._kept(records, upload)
            return LOST

        return await until_stored(attempt)

    async def _forget_withdrawn(self, records: Sequence[ScoreRecord], upload: Upload) -> None:
        """Delete the records of entries that were withdrawn after they were judged.

        A withdrawal deletes the record after it has changed the entry. So whichever came last, none stays.
        """
        user_ids = [record.user_id for record in records]
        wanted = documents_of(upload.campaign_id, user_ids) | {"status": {"$in": LIVE}}
        live = self._entries.find(wanted, {"_id": 0, "userId": 1}, max_time_ms=READ_MS)
        if gone := set(user_ids) - {document["userId"] for document in await live.to_list(None)}:
            await self._scoring.delete_many(documents_of(upload.campaign_id, gone))

    async def _kept(self, records: Sequence[ScoreRecord], upload: Upload) -> Mapping[UserId, Raw]:
        wanted = {"_id": {"$in": [key(upload.campaign_id, record.user_id) for record in records]}}
        shown = {"userId": 1, "score": 1, "selection": 1, "upload": 1}
        cursor = self._scoring.find(wanted, shown, max_time_ms=READ_MS)
        return {UserId(document["userId"]): document for document in await cursor.to_list(None)}

    async def _bring(self, records: Sequence[ScoreRecord], kept: Mapping[UserId, Raw], upload: Upload) -> bool:
        """False if another upload inserted some of them meanwhile."""
        try:
            if writes := [*_changes(records, kept, upload), *_marks(records, kept, upload)]:
                await self._scoring.bulk_write(writes, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            return False
        return True


def _refusal(entry: Raw | None) -> ScoreRefusal:
    """Why an entry that is not confirmed takes no score."""
    registered = entry is not None and entry["status"] in LIVE
    return ScoreRefusal.PHONE_NOT_CONFIRMED if registered else ScoreRefusal.NO_ENTRY


def _changes(
    records: Sequence[ScoreRecord], kept: Mapping[UserId, Raw], upload: Upload
) -> Iterator[InsertOne[Raw] | UpdateOne]:
    for record in records:
        document = kept.get(record.user_id)
        if document is None:
            yield InsertOne(_document(record, upload))
        elif not _says(document, record):
            yield UpdateOne({"_id": document["_id"]}, {"$set": _uploaded(record, upload)})


def _marks(records: Sequence[ScoreRecord], kept: Mapping[UserId, Raw], upload: Upload) -> Iterator[UpdateMany]:
    """One command for all that stay the same."""
    same = [
        document["_id"]
        for record in records
        if (document := kept.get(record.user_id)) and _says(document, record) and not upload.marked(document)
    ]
    if same:
        yield UpdateMany({"_id": {"$in": same}}, {"$set": {"upload": upload.id}})


def _says(document: Raw, record: ScoreRecord) -> bool:
    return document["score"] == record.score and record.selection in {None, document["selection"]}


def _document(record: ScoreRecord, upload: Upload) -> Raw:
    name: Raw = {
        "_id": key(upload.campaign_id, record.user_id),
        "campaignId": upload.campaign_id,
        "userId": record.user_id,
        "selection": None,
    }
    return name | _uploaded(record, upload)


def _uploaded(record: ScoreRecord, upload: Upload) -> Raw:
    """A selection once uploaded stays until another is."""
    uploaded: Raw = {"score": float(record.score), "updatedAt": upload.at, "upload": upload.id}
    return uploaded if record.selection is None else uploaded | {"selection": record.selection.value}
