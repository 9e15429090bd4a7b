"""Counting registrations over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import RegisteredMarket
from domain.usecases.registrations.count_entries import CountEntries, EntryCountsAt
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Instant, Wire, instant


class NoFilters(Wire):
    """Reject query parameters: this operation has no filters, and its counts are of all."""


class RegisteredMarketBody(Wire):
    market: str
    total: int
    confirmed: int
    by_rank: Annotated[list[int], Meta(min_length=4, max_length=4)]

    @classmethod
    def of(cls, market: RegisteredMarket) -> "RegisteredMarketBody":
        count = market.all
        return cls(market=count.market, total=count.total, confirmed=market.confirmed, by_rank=list(count.by_rank))


class EntryCountBody(Wire):
    campaign_id: str
    total: int
    by_status: dict[str, int]
    by_market: list[RegisteredMarketBody]
    withdrawn: Annotated[int, Meta(description="Registrations that were withdrawn. They are in no other count.")]
    as_of: Instant

    @classmethod
    def of(cls, campaign_id: CampaignId, counted: EntryCountsAt) -> "EntryCountBody":
        counts = counted.counts
        return cls(
            campaign_id=campaign_id,
            total=sum(counts.by_status.values()),
            by_status={status.value: number for status, number in counts.by_status.items()},
            by_market=[RegisteredMarketBody.of(market) for market in counts.by_market],
            withdrawn=counts.withdrawn,
            as_of=instant(counted.as_of),
        )


@Operation(
    id="countEntries",
    method="GET",
    path="/{campaignId}/entries/count",
    summary="How many registered",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(CountEntries,),
    query=NoFilters,
    answers={
        200: Answer(
            body=EntryCountBody,
            description="All counts are of one instant.",
            example={
                "campaignId": "tour-2026",
                "total": 150,
                "byStatus": {"pending_confirmation": 30, "confirmed": 120},
                "byMarket": [{"market": "nyc", "total": 110, "confirmed": 90, "byRank": [70, 25, 10, 5]}],
                "withdrawn": 4,
                "asOf": "2026-11-21T18:00:00.000Z",
            },
        )
    },
)
async def count_entries(call: Call[NoFilters]) -> EntryCountBody:
    return EntryCountBody.of(call.campaign_id, await call.app.registrations.count(call.campaign_id))
