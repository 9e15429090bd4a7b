"""Questions about registrations, answered by MongoDB from its indexes, each of one snapshot."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import SNAPSHOT, count_all
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.choice_counts import ChoiceCounts, Tally, Wanted
from adapters.mongo.entries.choices import CHOICE_UNSURE, Chosen
from adapters.mongo.entries.documents import MovedMarketDocument
from adapters.mongo.entries.eligible import chosen_by, eligible_ranges, eligible_together
from adapters.mongo.entries.known_choices import NAMED, UNSURE, KnownChoices, known_choices
from adapters.mongo.entries.mapping import markets_of
from adapters.mongo.entries.statuses import LIVE, WITHDRAWN
from adapters.mongo.errors import translated
from adapters.mongo.keys import documents_after, key
from adapters.mongo.lookups import campaigns_in
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import (
    EligibleCounts,
    EntryCounts,
    MarketCount,
    Query,
    Ranked,
    RankingPosition,
    RegisteredMarket,
)
from domain.model.registrations.entry import EntryStatus, Selection
from domain.model.registrations.markets import MarketId

BATCH: Final = 1_000
"""Fans that fans_of_market holds in memory at once."""
_CONFIRMED: Final = EntryStatus.CONFIRMED.value


class MongoEntryQueries:
    def __init__(self, database: AsyncDatabase[Raw], entries: AsyncCollection[Raw], *, named: int = NAMED) -> None:
        self._database = database
        self._entries = entries
        self._counts = ChoiceCounts(database, entries.name)
        self._named = named

    @translated
    async def eligible(self, campaign_id: CampaignId, query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
        distinct = list(dict.fromkeys(markets))
        chosen = chosen_by(query)
        wanted = Wanted(
            ranges=eligible_ranges(campaign_id, query),
            together=eligible_together(campaign_id, query),
            chosen=chosen,
            markets=distinct,
        )
        counted = await self._counts.tally(await self._known(campaign_id, [_CONFIRMED], chosen), wanted)
        by_market = [MarketCount(market=market, by_rank=counted.by_rank(market)) for market in distinct]
        return EligibleCounts(total=counted.total, by_market=by_market)

    @translated
    async def ranking(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> Sequence[Ranked]:
        wanted, concern = eligible_together(campaign_id, query), SNAPSHOT
        if query.markets:
            chosen = chosen_by(query)
            known = await self._known(campaign_id, [_CONFIRMED], chosen)
            wanted, concern = wanted | known.filter(chosen), known.concern
        answer = await self._database.command(
            {
                "aggregate": self._entries.name,
                "pipeline": _ranking(self._entries.name, wanted, after, limit),
                "cursor": {"batchSize": limit + 1},
                "readConcern": concern,
                "maxTimeMS": READ_MS,
            },
            codec_options=self._entries.codec_options,
        )
        return [_to_ranked(document) for document in answer["cursor"]["firstBatch"]]

    @translated
    async def count(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> EntryCounts:
        distinct = list(dict.fromkeys(markets))
        known = await self._known(campaign_id, LIVE, Chosen())
        withdrawn: Raw = {"campaignId": campaign_id, "status": WITHDRAWN, "selection": Selection.NONE.value}
        (pending, confirmed), gone = await asyncio.gather(
            self._tallies(known, [{"campaignId": campaign_id, "status": status} for status in LIVE], distinct),
            count_all(self._database, self._entries.name, [(WITHDRAWN, withdrawn)], known.concern),
        )
        return EntryCounts(
            by_status={EntryStatus.PENDING: pending.total, EntryStatus.CONFIRMED: confirmed.total},
            by_market=[_registered(pending, confirmed, market) for market in distinct],
            withdrawn=gone[WITHDRAWN],
        )

    @translated
    async def waitlisted(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> Mapping[MarketId, int]:
        distinct = list(dict.fromkeys(markets))
        if not distinct:
            return {}
        known = await self._known(campaign_id, LIVE, Chosen(markets=distinct))
        waiting: Raw = {"campaignId": campaign_id, "selection": Selection.WAITLISTED.value}
        tallies = await self._tallies(known, [waiting | {"status": status} for status in LIVE], distinct)
        return {market: sum(sum(one.by_rank(market)) for one in tallies) for market in markets}

    @translated
    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        return await campaigns_in(self._entries, limit, after)

    @translated
    async def was_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        if await self._is_chosen(campaign_id, market):
            return True
        moved = {"_id": key(campaign_id, market)}
        return (
            await self._database[MovedMarketDocument.Settings.name].find_one(moved, max_time_ms=READ_MS)
            is not None
        )

    async def fans_of_market(self, campaign_id: CampaignId, market: MarketId) -> AsyncIterator[Sequence[UserId]]:
        """In the order of the primary key, which never changes: no fan comes twice, and none is missed."""
        after: UserId | None = None
        while found := await self._chose(campaign_id, market, after):
            yield found
            after = found[-1]

    @translated
    async def _chose(self, campaign_id: CampaignId, market: MarketId, after: UserId | None) -> list[UserId]:
        behind = documents_after(campaign_id, after) | {"markets": market}
        cursor = (
            self._entries.find(behind, {"userId": 1}, limit=BATCH, max_time_ms=READ_MS)
            .sort("_id", 1)
            .hint([("_id", 1)])
        )
        return [UserId(document["userId"]) for document in await cursor.to_list(None)]

    async def _is_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        known = await self._known(campaign_id, LIVE, Chosen(markets=[market]))
        if known.names is None or known.names:
            return True
        if known.sure:
            return False
        unsure = {"campaignId": campaign_id, "markets": market} | CHOICE_UNSURE
        found = await self._entries.find_one(unsure, {"_id": 1}, hint=UNSURE, max_time_ms=READ_MS)
        return found is not None

    async def _known(self, campaign_id: CampaignId, statuses: Sequence[str], chosen: Chosen) -> KnownChoices:
        return await known_choices(
            self._database, self._entries.name, campaign_id, statuses, chosen, named=self._named
        )

    async def _tallies(
        self, known: KnownChoices, matches: Sequence[Raw], markets: Sequence[MarketId]
    ) -> Sequence[Tally]:
        """One for each of these ranges."""
        each = [Wanted(ranges=[match], together=match, chosen=Chosen(), markets=markets) for match in matches]
        return await asyncio.gather(*(self._counts.tally(known, wanted) for wanted in each))


def _ranking(collection: str, wanted: Raw, after: RankingPosition | None, limit: int) -> list[Raw]:
    """The page after this position: the rest of its score, then lower scores. Each is a range of the index."""
    if after is None:
        return _page(wanted, limit)
    score = wanted["score"]
    same = wanted | {"score": {**score, "$eq": after.score}, "userId": {"$gt": after.user_id}}
    lower = wanted | {"score": {**score, "$lt": after.score}}
    return [
        *_page(same, limit),
        {"$unionWith": {"coll": collection, "pipeline": _page(lower, limit)}},
        {"$sort": _ORDER},
        {"$limit": limit},
    ]


_ORDER: Final = {"score": -1, "userId": 1}
_SHOWN: Final = {"_id": 0, "userId": 1, "score": 1, "selection": 1, "markets": 1, "phoneConfirmedAt": 1}


def _page(wanted: Raw, limit: int) -> list[Raw]:
    return [{"$match": wanted}, {"$sort": _ORDER}, {"$limit": limit}, {"$project": _SHOWN}]


def _to_ranked(document: Raw) -> Ranked:
    return Ranked(
        user_id=UserId(document["userId"]),
        score=document["score"],
        selection=Selection(document["selection"]),
        markets=markets_of(document),
        phone_confirmed_at=document["phoneConfirmedAt"],
    )


def _registered(pending: Tally, confirmed: Tally, market: MarketId) -> RegisteredMarket:
    pairs = zip(pending.by_rank(market), confirmed.by_rank(market), strict=True)
    first, second, third, fourth = (sum(pair) for pair in pairs)
    all_statuses = MarketCount(market=market, by_rank=(first, second, third, fourth))
    return RegisteredMarket(all=all_statuses, confirmed=sum(confirmed.by_rank(market)))
