"""The entries of a campaign in pages, as an announcement reads them.

Without an attribute to group by, a page is answered from the index ``drawn`` alone. The documents of millions lie
anywhere on the disk, and the cache does not hold them, so reading them takes much longer.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.entries.choices import CHOICE, markets_in
from adapters.mongo.entries.mapping import LIVE, markets_of
from adapters.mongo.errors import translated
from adapters.mongo.stored_documents import UP
from domain.model.draws.entrants import Standing, group_of
from domain.model.draws.errors import DuplicateBallot
from domain.model.draws.screening import CandidateBatch, Profile
from domain.model.ids import CampaignId
from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection
from domain.model.registrations.markets import Preferences

CONFIRMED: Final = EntryStatus.CONFIRMED.value
DRAWN: Final = "drawn"
BATCH: Final = 2_000
"""Entries that are read together. With more, others would wait for the event loop longer than 10 ms."""
GROUPED_BATCH: Final = 500
"""The same where the documents are read."""
MAX_REMEMBERED: Final = 100_000
"""Profiles: about 40 MB."""
_SELECTIONS: Final = {one.value: one for one in Selection}
_FRAUDS: Final = {one.value: one for one in FraudStatus}
_SHOWN: Final[Raw] = {
    "_id": 0,
    **dict.fromkeys(("ballotId", "status", "selection", "fraud.status", "fraud.asked", "score", CHOICE), 1),
}
"""Each of them is in the index."""


class CandidatePages:
    """Of one campaign. They follow each other by ballots, which never change: each entry is in one page."""

    def __init__(self, entries: AsyncCollection[Raw], campaign_id: CampaignId, group_by: str | None) -> None:
        self._entries = entries
        self._campaign_id = campaign_id
        self._group_by = group_by
        self._size = BATCH if group_by is None else GROUPED_BATCH
        self._profiles: dict[tuple[object, ...], Profile] = {}

    @translated
    async def lacks_ballots(self) -> bool:
        """Is there an entry without a ballot?"""
        without = {"campaignId": self._campaign_id, "ballotId": None, "status": {"$in": LIVE}}
        found = await self._entries.find_one(without, {"_id": 1}, hint=DRAWN, max_time_ms=READ_MS)
        return found is not None

    async def batches(self) -> AsyncIterator[CandidateBatch]:
        """The next page is on its way while the caller works on this one."""
        last, rows = "", await self._rows("")
        while rows:
            full, new = len(rows) == self._size, _behind(rows, last)
            last = rows[-1]["ballotId"]
            coming = asyncio.create_task(self._rows(last)) if full else None
            try:
                yield await self._batch(new)
                rows = await coming if coming else ()
            finally:
                if coming:
                    coming.cancel()

    @translated
    async def _rows(self, first: str) -> Sequence[Raw]:
        """From this ballot on."""
        wanted = {"campaignId": self._campaign_id, "ballotId": {"$gte": first}}
        if self._group_by is None:
            found = self._entries.find(wanted, _SHOWN, limit=self._size, batch_size=self._size)
            return await found.sort("ballotId", UP).hint(DRAWN).max_time_ms(READ_MS).to_list(None)
        shown = _SHOWN | {"group": _value_of(self._group_by)}
        stages: list[Raw] = [
            {"$match": wanted},
            {"$sort": {"ballotId": UP}},
            {"$limit": self._size},
            {"$project": shown},
        ]
        return [row async for row in aggregate(self._entries, stages, hint=DRAWN, maxTimeMS=READ_MS)]

    async def _batch(self, rows: Sequence[Raw]) -> CandidateBatch:
        if any(row.get(CHOICE) is None for row in rows):
            rows = await self._with_markets(rows)
        return CandidateBatch(
            ballots=[row["ballotId"] for row in rows],
            profiles=list(map(self._profile, rows)),
            scores=[row["score"] for row in rows],
            groups=None if self._group_by is None else [_group(row["group"]) for row in rows],
        )

    @translated
    async def _with_markets(self, rows: Sequence[Raw]) -> Sequence[Raw]:
        """With the markets of the document where no choice is stored. An entry that has gone meanwhile is
        left out."""
        lacking = [row["ballotId"] for row in rows if row.get(CHOICE) is None]
        wanted = {"campaignId": self._campaign_id, "ballotId": {"$in": lacking}}
        shown = {"_id": 0, "ballotId": 1, "markets": 1}
        found = self._entries.find(wanted, shown, hint=DRAWN, max_time_ms=READ_MS)
        markets = {one["ballotId"]: markets_of(one) for one in await found.to_list(None)}
        whole = (
            row if row.get(CHOICE) is not None else row | {CHOICE: markets.get(row["ballotId"])} for row in rows
        )
        return [row for row in whole if row[CHOICE] is not None]

    def _profile(self, row: Raw) -> Profile:
        fraud = row["fraud"]
        key = row["status"], row["selection"], fraud["status"], fraud.get("asked"), row[CHOICE]
        known = self._profiles.get(key)
        if known is None:
            if len(self._profiles) >= MAX_REMEMBERED:
                self._profiles.clear()
            known = self._profiles[key] = _new_profile(*key)
        return known


def _behind(rows: Sequence[Raw], last: str) -> Sequence[Raw]:
    """Without the entry at the end of the page before. Raises DuplicateBallot when another one has its ballot."""
    new = rows[1:] if rows[0]["ballotId"] == last else rows
    if new and new[0]["ballotId"] == last:
        raise DuplicateBallot
    return new


def _new_profile(
    status: str, selection: str, fraud: str, asked: bool | None, markets: str | Preferences
) -> Profile:
    fraud_status = FraudStatus.NOT_ASKED if asked is False else _FRAUDS[fraud]
    return Profile(
        standing=Standing(status == CONFIRMED, _SELECTIONS[selection], fraud_status),
        markets=markets_in(markets) if isinstance(markets, str) else markets,
    )


def _value_of(attribute: str) -> Raw:
    """The value of this attribute; null where there is none. Attributes are stored as pairs."""
    named = {"$eq": [{"$first": "$$this"}, {"$literal": attribute}]}
    pair = {"$first": {"$filter": {"input": "$attributes", "cond": named}}}
    return {"$ifNull": [{"$last": pair}, None]}


def _group(value: str | None) -> str | None:
    return None if value is None else group_of({"": value}, "")
