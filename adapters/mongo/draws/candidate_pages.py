"""The entries of a campaign in pages, as an announcement reads them.

Without an attribute to group by, a page is answered from the index ``drawn`` alone. The documents of millions lie
anywhere on the disk, and the cache does not hold them, so reading them takes much longer. MongoDB packs each page
into columns: to decode a document for each entry would take three times as long.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any, Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.draws.ballot_ranges import BallotRange, ranges_behind
from adapters.mongo.draws.candidate_columns import Page, columns
from adapters.mongo.driver import READ_MS, Raw, aggregate
from adapters.mongo.entries.choices import CHOICE_UNSURE, markets_in
from adapters.mongo.entries.known_choices import UNSURE
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.errors import translated
from adapters.mongo.stored_documents import DOWN, UP
from domain.model.draws.entrants import Standing, group_of
from domain.model.draws.errors import BallotsMissing
from domain.model.draws.screening import CandidateBatch, Profile
from domain.model.ids import CampaignId
from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection

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
AHEAD: Final = 3
"""Pages that are on their way while the caller works on one. With three, neither waits for the other."""


class CandidatePages:
    """Of one campaign, by ballots: each entry is in one page. A fan who withdraws and registers anew meanwhile has
    another ballot: then both may be in a page, or neither."""

    def __init__(self, entries: AsyncCollection[Raw], campaign_id: CampaignId, group_by: str | None) -> None:
        self._entries = entries
        self._campaign_id = campaign_id
        self._grouped = group_by is not None
        self._columns = columns(group_by)
        self._size = BATCH if group_by is None else GROUPED_BATCH
        self._profiles: dict[tuple[object, ...], Profile] = {}

    @translated
    async def need_migration(self) -> bool:
        """Did an earlier release write an entry last? It may have no ballot, or the text of the markets before."""
        lacking: Raw = {"ballotId": None, "status": {"$in": LIVE}}
        for wanted, index in ((lacking, DRAWN), (CHOICE_UNSURE, UNSURE)):
            of_campaign = {"campaignId": self._campaign_id} | wanted
            if await self._entries.find_one(of_campaign, {"_id": 1}, hint=index, max_time_ms=READ_MS):
                return True
        return False

    async def batches(self) -> AsyncIterator[CandidateBatch]:
        """The next pages are on their way while the caller works on this one."""
        page = await self._page(BallotRange("", None))
        yield self._batch(page)
        if len(page.ballots) < self._size:
            return
        last = page.ballots[-1]
        async with aclosing(self._pages(ranges_behind(page.ballots[0], last, await self._greatest()))) as pages:
            async for page in pages:
                new = page.behind(last)
                if new.ballots:
                    last = new.ballots[-1]
                    yield self._batch(new)

    async def _pages(self, ranges: Iterator[BallotRange]) -> AsyncGenerator[Page]:
        """Of all ranges, in their order. A page may begin with the last entry of the one before."""
        coming = deque(map(self._begun, islice(ranges, AHEAD)))
        try:
            while coming:
                end, task = coming.popleft()
                page = await task
                coming.extend(map(self._begun, islice(ranges, 1)))
                await asyncio.sleep(0)  # So that the question is on its way.
                yield page
                while len(page.ballots) == self._size:
                    page = await self._page(BallotRange(page.ballots[-1], end))
                    yield page
        finally:
            for _, task in coming:
                task.cancel()
            await asyncio.gather(*(task for _, task in coming), return_exceptions=True)

    def _begun(self, one: BallotRange) -> tuple[str | None, asyncio.Task[Page]]:
        return one.end, asyncio.create_task(self._page(one))

    @translated
    async def _page(self, one: BallotRange) -> Page:
        """The first entries of the range."""
        below = {} if one.end is None else {"$lt": one.end}
        stages: list[Raw] = [
            {"$match": {"campaignId": self._campaign_id, "ballotId": {"$gte": one.begin} | below}},
            {"$sort": {"ballotId": UP}},
            {"$limit": self._size},
            {"$group": {"_id": None} | {name: {"$push": value} for name, value in self._columns.items()}},
            {"$project": {"_id": 0}},
        ]
        found = [row async for row in aggregate(self._entries, stages, hint=DRAWN, maxTimeMS=READ_MS)]
        return Page(**found[0]) if found else Page()

    @translated
    async def _greatest(self) -> str:
        """Of all ballots. There is one, since a page was full."""
        found = await self._entries.find_one(
            {"campaignId": self._campaign_id, "ballotId": {"$gte": ""}},
            {"_id": 0, "ballotId": 1},
            sort=[("ballotId", DOWN)],
            hint=DRAWN,
            max_time_ms=READ_MS,
        )
        return str(found["ballotId"]) if found else ""

    def _batch(self, page: Page) -> CandidateBatch:
        if None in page.choices:
            raise BallotsMissing
        keys = zip(page.statuses, page.selections, page.frauds, page.asked, page.choices, strict=True)
        return CandidateBatch(
            ballots=page.ballots,
            profiles=list(map(self._profile, keys)),
            scores=page.scores,
            groups=list(map(_group, page.groups)) if self._grouped else None,
        )

    def _profile(self, key: tuple[Any, ...]) -> Profile:
        known = self._profiles.get(key)
        if known is None:
            if len(self._profiles) >= MAX_REMEMBERED:
                self._profiles.clear()
            known = self._profiles[key] = _new_profile(*key)
        return known


def _new_profile(status: str, selection: str, fraud: str, asked: bool | None, choice: str) -> Profile:
    fraud_status = FraudStatus.NOT_ASKED if asked is False else _FRAUDS[fraud]
    return Profile(
        standing=Standing(status == CONFIRMED, _SELECTIONS[selection], fraud_status),
        markets=markets_in(choice),
    )


def _group(value: str | None) -> str | None:
    return None if value is None else group_of({"": value}, "")
