"""Searching registrations in MongoDB: each page reads a bounded part of an index."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from adapters.mongo.counting import count_all
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.choices import Chosen
from adapters.mongo.entries.eligible import chosen_by, eligible_ranges
from adapters.mongo.entries.finding import Place, all_of, anywhere, between, in_order, market_by_choices, rare
from adapters.mongo.entries.known_choices import NAMED, KnownChoices, known_choices
from adapters.mongo.entries.mapping import WITH_HISTORY, to_entry_with_history
from adapters.mongo.entries.over_time import MANY, OverTime
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.errors import translated
from adapters.mongo.keys import document_of
from adapters.mongo.stored_documents import DOWN
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.history import EntryWithHistory
from domain.model.registrations.search import EntryFilter, EntryPage, FoundEntry, ListPosition, page_of
from domain.model.registrations.timeline import TimelinePoint, TimelineSpan

SEARCHED: Final = 20_000
"""Entries that are read for a page, at most."""
FEW: Final = 5_000
"""So many entries are read and sorted rather than searched for."""
NEWEST_FIRST: Final = [("createdAt", DOWN), ("userId", DOWN)]


class MongoEntrySearch:
    def __init__(
        self,
        entries: AsyncCollection[Raw],
        *,
        searched: int = SEARCHED,
        few: int = FEW,
        many: int = MANY,
        named: int = NAMED,
    ) -> None:
        # A page is of one instant: an entry that is confirmed in between moves in the index.
        self._entries = entries.with_options(read_concern=ReadConcern("snapshot"))
        self._over_time = OverTime(entries.database, entries.name, many=many)
        self._searched = searched
        self._few = few
        self._named = named

    @translated
    async def page(
        self, campaign_id: CampaignId, wanted: EntryFilter, *, after: ListPosition | None, limit: int
    ) -> EntryPage:
        """Where the filter may admit few of many entries, the page looks at no more than ``searched`` of them."""
        if wanted.user_id is not None:
            return page_of(await self._of_fan(campaign_id, wanted.user_id, wanted, after), limit)
        place = await self._place(campaign_id, wanted)
        stop = await self._stop(place, after) if place.searched else None
        page = page_of(await self._read(place, wanted, after, stop, limit), limit, searched_to=stop)
        # Processes of earlier releases change phones without these keys.
        return replace(page, entries=[one for one in page.entries if wanted.admits(one.entry)])

    @translated
    async def find_in(
        self, campaigns: Sequence[CampaignId], wanted: EntryFilter, *, limit: int
    ) -> Sequence[FoundEntry]:
        place = anywhere(campaigns, wanted)
        found = self._entries.find(place.entries, WITH_HISTORY, limit=limit, hint=place.index, max_time_ms=READ_MS)
        entries = [to_entry_with_history(document).entry for document in await found.to_list(None)]
        return sorted(FoundEntry(one.campaign_id, one.user_id) for one in entries if wanted.admits(one))

    @translated
    async def timeline(self, campaign_id: CampaignId, span: TimelineSpan) -> Sequence[TimelinePoint]:
        return await self._over_time.counted(campaign_id, span)

    @translated
    async def count_each(self, campaign_id: CampaignId, queries: Sequence[Query]) -> Sequence[int]:
        chosen = [chosen_by(query) for query in queries]
        union = Chosen(markets=[*{market for one in chosen for market in one.markets}])
        known = await self._known(campaign_id, [EntryStatus.CONFIRMED.value], union) if union.markets else None
        branches = [
            (str(number), wanted | (known.filter(chosen[number]) if known else {}))
            for number, query in enumerate(queries)
            for wanted in eligible_ranges(campaign_id, query)
        ]
        concern = known.concern if known else None
        counted = await count_all(self._entries.database, self._entries.name, branches, concern)
        return [counted[str(number)] for number in range(len(queries))]

    async def _of_fan(
        self, campaign_id: CampaignId, user_id: UserId, wanted: EntryFilter, after: ListPosition | None
    ) -> list[EntryWithHistory]:
        named = document_of(campaign_id, user_id) | {"status": {"$in": LIVE}}
        document = await self._entries.find_one(named, WITH_HISTORY, max_time_ms=READ_MS)
        if document is None:
            return []
        found = to_entry_with_history(document)
        behind = after is None or ListPosition.of(found.entry) < after
        return [found] if behind and wanted.admits(found.entry) else []

    async def _place(self, campaign_id: CampaignId, wanted: EntryFilter) -> Place:
        """Entries that are rare are read and sorted. Others are met soon in the order of the list."""
        known = None
        if market := market_by_choices(campaign_id, wanted):
            known = await self._known(campaign_id, LIVE, Chosen(markets=[market]))
        for place in rare(campaign_id, wanted, known):
            counted = await self._entries.count_documents(
                place.entries, hint=place.index, limit=self._few + 1, maxTimeMS=READ_MS
            )
            if counted <= self._few:
                return place
        return in_order(campaign_id, wanted)

    async def _stop(self, place: Place, after: ListPosition | None) -> ListPosition | None:
        """Where this page stops searching; None at the end of the list. It reads index keys only.

        It is asked before the page is read, so that an entry that comes in between is in one page or the other.
        """
        keys = self._entries.find(
            place.entries | between(after, None),
            {"_id": 0, "createdAt": 1, "userId": 1},
            sort=NEWEST_FIRST,
            skip=self._searched - 1,
            limit=1,
            hint=place.index,
            max_time_ms=READ_MS,
        )
        for last in await keys.to_list(None):
            return ListPosition(created_at=last["createdAt"], user_id=UserId(last["userId"]))
        return None

    async def _read(
        self,
        place: Place,
        wanted: EntryFilter,
        after: ListPosition | None,
        stop: ListPosition | None,
        limit: int,
    ) -> list[EntryWithHistory]:
        found = await self._entries.database.cursor_command(
            {
                "find": self._entries.name,
                "filter": all_of(place, wanted) | between(after, stop),
                "projection": WITH_HISTORY,
                "sort": dict(NEWEST_FIRST),
                "limit": limit + 1,
                "batchSize": limit + 1,
                "hint": place.index,
                "readConcern": place.concern,
                "maxTimeMS": READ_MS,
            },
            codec_options=self._entries.codec_options,
        )
        return [to_entry_with_history(document) async for document in found]

    async def _known(self, campaign_id: CampaignId, statuses: Sequence[str], chosen: Chosen) -> KnownChoices:
        database, name = self._entries.database, self._entries.name
        return await known_choices(database, name, campaign_id, statuses, chosen, named=self._named)
