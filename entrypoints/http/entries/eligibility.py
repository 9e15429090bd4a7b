"""Counting and listing eligible fans over HTTP."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from litestar.response import Stream
from msgspec import Meta, field

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import MarketCount, Query, Ranked
from domain.model.registrations.entry import Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId
from domain.model.registrations.scoring import MAX_SCORE
from domain.usecases.registrations.count_eligible import CountEligible, EligibleCountsAt
from domain.usecases.registrations.export_eligible import ExportEligible
from domain.usecases.registrations.rank_eligible import RankEligible
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_of, position_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.negotiation import CSV, JSON, NDJSON, preferred
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import ndjson_lines, stream_answer
from entrypoints.http.response.csv_rows import csv_rows
from entrypoints.http.wire import DEFAULT_PAGE, Cursor, Instant, PageLimit, Wire, instant

Score = Annotated[float, Meta(ge=0, le=MAX_SCORE)]
MarketName = Annotated[str, Meta(min_length=1, max_length=256)]


class EligibilityQuery(Wire):
    min_score: Score = 0.0
    max_score: Score = 100.0
    market: Annotated[
        list[MarketName],
        Meta(
            max_length=100, description="Any of these markets. The campaign offers each, or an entry still has it."
        ),
    ] = field(default_factory=list)
    max_rank: Annotated[
        int, Meta(ge=1, le=MAX_MARKETS, description="The market is among the first so many preferences.")
    ] = 4
    selection: Annotated[
        list[Selection], Meta(max_length=4, description="Any of these selections; without it, `none`.")
    ] = field(default_factory=list)

    def query(self) -> Query:
        return Query(
            min_score=self.min_score,
            max_score=self.max_score,
            markets=tuple(MarketId(market) for market in dict.fromkeys(self.market)),
            max_rank=self.max_rank,
            selections=tuple(dict.fromkeys(self.selection)) or (Selection.NONE,),
        )


class RankingQuery(EligibilityQuery):
    limit: PageLimit = DEFAULT_PAGE
    cursor: Cursor | None = None


class EligibleMarketBody(Wire):
    market: str
    eligible: int
    by_rank: Annotated[list[int], Meta(min_length=4, max_length=4)]

    @classmethod
    def of(cls, count: MarketCount) -> "EligibleMarketBody":
        return cls(market=count.market, eligible=count.total, by_rank=list(count.by_rank))


class EligibilityBody(Wire):
    campaign_id: str
    eligible: int
    by_market: list[EligibleMarketBody]
    as_of: Instant

    @classmethod
    def of(cls, campaign_id: CampaignId, counted: EligibleCountsAt) -> "EligibilityBody":
        return cls(
            campaign_id=campaign_id,
            eligible=counted.eligibles.total,
            by_market=[EligibleMarketBody.of(count) for count in counted.eligibles.by_market],
            as_of=instant(counted.as_of),
        )


class RankedBody(Wire):
    user_id: str
    score: float
    selection: Selection
    markets: list[str]
    phone_confirmed_at: Instant

    @classmethod
    def of(cls, ranked: Ranked) -> "RankedBody":
        return cls(
            user_id=ranked.user_id,
            score=ranked.score,
            selection=ranked.selection,
            markets=list(ranked.markets),
            phone_confirmed_at=instant(ranked.phone_confirmed_at),
        )


class RankingBody(Wire):
    records: list[RankedBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="countEligible",
    method="GET",
    path="/{campaignId}/entries/eligibility",
    summary="How many are eligible",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(CountEligible,),
    query=EligibilityQuery,
    answers={
        200: Answer(
            body=EligibilityBody,
            description="All counts are of one instant.",
            example={
                "campaignId": "tour-2026",
                "eligible": 120,
                "byMarket": [{"market": "nyc", "eligible": 90, "byRank": [60, 20, 7, 3]}],
                "asOf": "2026-11-21T18:00:00.000Z",
            },
        )
    },
)
async def count_eligible(call: Call[EligibilityQuery]) -> EligibilityBody:
    counted = await call.app.registrations.count_eligible(call.campaign_id, call.given.query())
    return EligibilityBody.of(call.campaign_id, counted)


@Operation(
    id="rankEligible",
    method="GET",
    path="/{campaignId}/entries/scoring",
    summary="The eligible fans by score",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(RankEligible, ExportEligible),
    query=RankingQuery,
    headers={"Accept": "`application/x-ndjson` or `text/csv`: all of them as a stream, without pages"},
    answers={
        200: Answer(
            body=RankingBody,
            description="One page; or all fans as a stream, if the caller accepts that.",
            example={
                "records": [
                    {
                        "userId": "fan-1",
                        "score": 97.5,
                        "selection": "none",
                        "markets": ["nyc", "bos"],
                        "phoneConfirmedAt": "2026-11-21T18:01:00.000Z",
                    }
                ],
                "next": None,
            },
            media={NDJSON: '{"end":true,"count":0}\n', CSV: "userId,score,selection,phoneConfirmedAt\r\n"},
        )
    },
)
async def rank_eligible(call: Call[RankingQuery]) -> RankingBody | Stream:
    app, query = call.app, call.given.query()
    after = position_of(call.given.cursor)
    media = preferred(call.request, JSON, NDJSON, CSV)
    if media != JSON:
        pages = _bodies(await app.registrations.export_eligible(call.campaign_id, query))
        return stream_answer(_csv(pages) if media == CSV else ndjson_lines(pages), media)
    page = await app.registrations.rank_eligible(call.campaign_id, query, after=after, limit=call.given.limit)
    records = [RankedBody.of(ranked) for ranked in page.fans]
    return RankingBody(records=records, next=cursor_of(page.next))


async def _bodies(pages: AsyncIterator[Sequence[Ranked]]) -> AsyncIterator[list[RankedBody]]:
    async for page in pages:
        yield [RankedBody.of(ranked) for ranked in page]


async def _csv(pages: AsyncIterator[Sequence[RankedBody]]) -> AsyncIterator[bytes]:
    ranks = [f"market{rank}" for rank in range(1, MAX_MARKETS + 1)]
    yield csv_rows([["userId", "score", "selection", "phoneConfirmedAt", *ranks]])
    async for page in pages:
        yield csv_rows(map(_cells, page))


def _cells(one: RankedBody) -> list[object]:
    markets = [*one.markets, *[None] * MAX_MARKETS][:MAX_MARKETS]
    return [one.user_id, one.score, one.selection.value, one.phone_confirmed_at, *markets]
