"""Questions about registrations, answered by MongoDB from its indexes, each of one snapshot."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import Branch, count_all
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.entries.documents import MovedMarketDocument
from adapters.mongo.entries.mapping import WITHDRAWN, markets_of, pref
from adapters.mongo.errors import translated
from adapters.mongo.keys import documents_after, key
from adapters.mongo.lookups import campaigns_in
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import (
    ByRank,
    EligibleCounts,
    EntryCounts,
    MarketCount,
    Query,
    Ranked,
    RankingPosition,
    RegisteredMarket,
)
from domain.model.registrations.entry import EntryStatus, Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId

TOTAL: Final = "total"
BATCH: Final = 1_000
"""Fans that fans_of_market holds in memory at once."""
RANKS: Final = range(1, MAX_MARKETS + 1)


class MongoEntryQueries:
    def __init__(self, database: AsyncDatabase[Raw], entries: AsyncCollection[Raw]) -> None:
        self._database = database
        self._entries = entries

    @translated
    async def eligible(self, campaign_id: CampaignId, query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
        distinct = list(dict.fromkeys(markets))
        ranks = RANKS[: query.max_rank]
        wanted = _eligible(campaign_id, query)
        branches = [(TOTAL, match | _chosen(query)) for match in wanted]
        for market in distinct:
            for rank in ranks:
                name = pref(rank, market)
                branches += [(name, match | _also(name, market, query)) for match in wanted]
        counted = await self._count(branches)
        by_market = [MarketCount(market=market, by_rank=_by_rank(counted, "", market)) for market in distinct]
        return EligibleCounts(total=counted[TOTAL], by_market=by_market)

    @translated
    async def ranking(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> Sequence[Ranked]:
        wanted = _any_selection(campaign_id, query) | _chosen(query)
        answer = await self._database.command(
            {
                "aggregate": self._entries.name,
                "pipeline": _ranking(self._entries.name, wanted, after, limit),
                "cursor": {"batchSize": limit + 1},
                "readConcern": {"level": "snapshot"},
                "maxTimeMS": READ_MS,
            },
            codec_options=self._entries.codec_options,
        )
        return [_to_ranked(document) for document in answer["cursor"]["firstBatch"]]

    @translated
    async def count(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> EntryCounts:
        distinct = list(dict.fromkeys(markets))
        branches: list[Branch] = []
        for status in EntryStatus:
            having: Raw = {"campaignId": campaign_id, "status": status.value}
            # With its selection named, each entry is met once: by status alone, it could be once a preference.
            branches += [(status.value, having | {"selection": selection.value}) for selection in Selection]
            for market in distinct:
                chosen = [pref(rank, market) for rank in RANKS]
                branches += [(f"{status} {name}", having | {"prefs": name}) for name in chosen]
        withdrawn = {"campaignId": campaign_id, "status": WITHDRAWN, "selection": Selection.NONE.value}
        counted = await self._count([*branches, (WITHDRAWN, withdrawn)])
        return EntryCounts(
            by_status={status: counted[status.value] for status in EntryStatus},
            by_market=[_registered(counted, market) for market in distinct],
            withdrawn=counted[WITHDRAWN],
        )

    @translated
    async def waitlisted(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> Mapping[MarketId, int]:
        waiting: Raw = {"campaignId": campaign_id, "selection": Selection.WAITLISTED.value}
        branches = [
            (market, waiting | {"status": status.value, "prefs": pref(rank, market)})
            for market in dict.fromkeys(markets)
            for status in EntryStatus
            for rank in RANKS
        ]
        counted = await self._count(branches)
        return {market: counted[market] for market in markets}

    @translated
    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        return await campaigns_in(self._entries, limit, after)

    @translated
    async def was_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        """With each status named, the index of preferences answers."""
        statuses = [status.value for status in EntryStatus]
        chosen = {"$in": [pref(rank, market) for rank in RANKS]}
        having = {"campaignId": campaign_id, "status": {"$in": statuses}, "prefs": chosen}
        if await self._entries.find_one(having, {"_id": 1}, max_time_ms=READ_MS):
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

    async def _count(self, branches: Sequence[Branch]) -> Counter[str]:
        return await count_all(self._database, self._entries.name, branches) if branches else Counter()


def eligible_ranges(campaign_id: CampaignId, query: Query) -> list[Raw]:
    """Filters that together find each fan that the query admits once, each of them by one range of an index."""
    return [match | _chosen(query) for match in _eligible(campaign_id, query)]


def _eligible(campaign_id: CampaignId, query: Query) -> list[Raw]:
    """The conditions of ``Query.admits`` but for the markets; one a selection, so that each is one index range."""
    return [_scored(campaign_id, query) | {"selection": one.value} for one in dict.fromkeys(query.selections)]


def _any_selection(campaign_id: CampaignId, query: Query) -> Raw:
    return _scored(campaign_id, query) | {"selection": {"$in": [one.value for one in query.selections]}}


def _scored(campaign_id: CampaignId, query: Query) -> Raw:
    """A range of numbers does not match entries without a score."""
    return {
        "campaignId": campaign_id,
        "status": EntryStatus.CONFIRMED.value,
        "score": {"$gte": query.min_score, "$lte": query.max_score},
    }


def _chosen(query: Query) -> Raw:
    """The market's condition, if there is one."""
    if not query.markets:
        return {}
    names = [pref(rank, market) for market in query.markets for rank in RANKS[: query.max_rank]]
    return {"prefs": {"$in": names}}


def _also(name: str, market: MarketId, query: Query) -> Raw:
    """Entries with this preference. If its market is asked for, they fulfil the query's condition on markets."""
    if not query.markets or market in query.markets:
        return {"prefs": name}
    return {"$and": [{"prefs": name}, _chosen(query)]}


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


def _by_rank(counted: Counter[str], prefix: str, market: MarketId) -> ByRank:
    first, second, third, fourth = (counted[prefix + pref(rank, market)] for rank in RANKS)
    return first, second, third, fourth


def _registered(counted: Counter[str], market: MarketId) -> RegisteredMarket:
    pending, confirmed = (_by_rank(counted, f"{status} ", market) for status in EntryStatus)
    first, second, third, fourth = (sum(pair) for pair in zip(pending, confirmed, strict=True))
    all_statuses = MarketCount(market=market, by_rank=(first, second, third, fourth))
    return RegisteredMarket(all=all_statuses, confirmed=sum(confirmed))
