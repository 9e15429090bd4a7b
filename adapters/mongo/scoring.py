"""Uploaded scores in MongoDB: on the entry, where the questions are answered, and as a record of the upload.

Each write can be repeated: what a crash left undone is done when the same file comes again.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import pymongo.errors
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries import MongoEntryStore
from adapters.mongo.errors import only_duplicates, translated
from adapters.mongo.mapping import key
from domain.model.entries import Entry, EntryStatus, Selection
from domain.model.ids import CampaignId, UserId
from domain.model.scoring import Scored, ScoreRecord, ScoreRefusal, latest, summed_up

CONFIRMED: Final = EntryStatus.CONFIRMED.value

LANES: Final = 2
"""Bulk writes side by side: most of the work is the server's, in its indexes."""

Refused = dict[UserId, ScoreRefusal]


class MongoScores:
    def __init__(
        self, entries: AsyncCollection[Raw], scoring: AsyncCollection[Raw], store: MongoEntryStore
    ) -> None:
        self._entries = entries
        self._scoring = scoring
        self._store = store

    @translated
    async def put(self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime) -> Scored:
        """Scores alone are set in bulk; a record that changes a selection changes the entry like any command."""
        one_each = latest(records)
        standing = await self._standing(campaign_id, one_each)
        refused: Refused = {}
        scored: list[ScoreRecord] = []
        selected: list[ScoreRecord] = []
        for user_id, record in one_each.items():
            entry = standing.get(user_id)
            if entry is None:
                refused[user_id] = ScoreRefusal.NO_ENTRY
            elif entry["status"] != CONFIRMED:
                refused[user_id] = ScoreRefusal.PHONE_NOT_CONFIRMED
            elif record.selects_anew(Selection(entry["selection"])):
                selected.append(record)
            elif entry["score"] != record.score:
                scored.append(record)
        refused |= await self._score(campaign_id, scored)
        refused |= await self._select(campaign_id, selected, now)
        accepted = [record for user_id, record in one_each.items() if user_id not in refused]
        while accepted:
            accepted = await self._keep(campaign_id, accepted, now)
        upserted = {record.user_id for record in (*scored, *selected)} - refused.keys()
        return summed_up(records, upserted, refused)

    async def _standing(self, campaign_id: CampaignId, user_ids: Collection[UserId]) -> Mapping[UserId, Raw]:
        keys = [key(campaign_id, user_id) for user_id in user_ids]
        shown = {"_id": 0, "userId": 1, "status": 1, "selection": 1, "score": 1}
        cursor = self._entries.find({"_id": {"$in": keys}}, shown, max_time_ms=READ_MS)
        return {UserId(document["userId"]): document for document in await cursor.to_list(None)}

    async def _score(self, campaign_id: CampaignId, records: Sequence[ScoreRecord]) -> Refused:
        """Who is not confirmed by now is refused; the version moves, so that no older score is written back."""
        refused: Refused = {}
        while records:
            writes = [
                UpdateOne(
                    {"_id": key(campaign_id, record.user_id), "status": CONFIRMED},
                    {"$set": {"score": float(record.score)}, "$inc": {"version": 1}},
                )
                for record in records
            ]
            lanes = [lane for first in range(LANES) if (lane := writes[first::LANES])]
            results = await asyncio.gather(*(self._entries.bulk_write(lane, ordered=False) for lane in lanes))
            if sum(result.matched_count for result in results) == len(records):
                break
            standing = await self._standing(campaign_id, [record.user_id for record in records])
            missed = [one for one in records if standing[one.user_id]["score"] != one.score]
            records = [one for one in missed if standing[one.user_id]["status"] == CONFIRMED]
            gone = {one.user_id for one in missed} - {one.user_id for one in records}
            refused |= dict.fromkeys(gone, ScoreRefusal.PHONE_NOT_CONFIRMED)
        return refused

    async def _select(self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime) -> Refused:
        by_user = {record.user_id: record for record in records}
        confirmed: dict[UserId, bool] = {}

        def apply(entry: Entry) -> Entry:
            confirmed[entry.user_id] = entry.confirmed
            return by_user[entry.user_id].apply(entry, now)

        unwritten = await self._store.change_many(campaign_id, list(by_user), apply)
        late = {id for id in by_user if not confirmed.get(id)}
        return dict.fromkeys(late, ScoreRefusal.PHONE_NOT_CONFIRMED) | dict.fromkeys(
            unwritten, ScoreRefusal.MESSAGES_WAITING
        )

    async def _keep(
        self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime
    ) -> list[ScoreRecord]:
        """What is not yet in the collection, or otherwise; returns the records to try again.

        New ones are inserted, not upserted: that is ten times faster.
        """
        keys = {record.user_id: key(campaign_id, record.user_id) for record in records}
        wanted = {"_id": {"$in": list(keys.values())}}
        cursor = self._scoring.find(wanted, {"score": 1, "selection": 1}, max_time_ms=READ_MS)
        present = {document["_id"]: document for document in await cursor.to_list(None)}
        writes: list[InsertOne[Raw] | UpdateOne] = []
        for record in records:
            kept = present.get(keys[record.user_id])
            if kept is None:
                writes.append(InsertOne(_document(campaign_id, record, now)))
            elif kept["score"] != record.score or record.selection not in {None, kept["selection"]}:
                writes.append(UpdateOne({"_id": kept["_id"]}, {"$set": _uploaded(record, now)}))
        if writes:
            try:
                await self._scoring.bulk_write(writes, ordered=False)
            except pymongo.errors.BulkWriteError as error:
                if not only_duplicates(error):
                    raise
                return list(records)
        return []


def _document(campaign_id: CampaignId, record: ScoreRecord, now: datetime) -> Raw:
    name: Raw = {
        "_id": key(campaign_id, record.user_id),
        "campaignId": campaign_id,
        "userId": record.user_id,
        "selection": None,
    }
    return name | _uploaded(record, now)


def _uploaded(record: ScoreRecord, now: datetime) -> Raw:
    """A selection once uploaded stays until another is."""
    uploaded: Raw = {"score": float(record.score), "updatedAt": now}
    return uploaded if record.selection is None else uploaded | {"selection": record.selection.value}
