"""Asking over HTTP how many registered."""

from typing import Annotated

from litestar import get
from litestar.response import Response
from msgspec import Meta

from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import RegisteredMarket
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.count_entries import CountEntries, EntryCountsAt
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, campaign_of, query_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import Instant, Wire, instant


class NoFilters(Wire):
    """Whoever asks for a part must not be told of the whole."""


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
    as_of: Instant

    @classmethod
    def of(cls, campaign_id: CampaignId, counted: EntryCountsAt) -> "EntryCountBody":
        counts = counted.counts
        return cls(
            campaign_id=campaign_id,
            total=sum(counts.by_status.values()),
            by_status={status.value: number for status, number in counts.by_status.items()},
            by_market=[RegisteredMarketBody.of(market) for market in counts.by_market],
            as_of=instant(counted.as_of),
        )


@get(
    "/{campaignId:str}/entries/count",
    **documented(
        Operation(
            id="countEntries",
            summary="How many registered",
            tag="Entries",
            describes=CountEntries,
            answers={
                200: Answer(
                    body=EntryCountBody,
                    description="All counts are of one instant.",
                    example={
                        "campaignId": "tour-2026",
                        "total": 150,
                        "byStatus": {"pending_confirmation": 30, "confirmed": 120},
                        "byMarket": [{"market": "nyc", "total": 110, "confirmed": 90, "byRank": [70, 25, 10, 5]}],
                        "asOf": "2026-11-21T18:00:00.000Z",
                    },
                )
            },
            raises=(CampaignNotFound, Unavailable),
        ),
        supreme,
    ),
)
async def count_entries(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    query_of(request, NoFilters)
    return json_answer(EntryCountBody.of(campaign_id, await app.registrations.count(campaign_id)))
