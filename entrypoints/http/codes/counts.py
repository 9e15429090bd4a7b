"""Counting codes over HTTP."""

from litestar import get
from litestar.response import Response

from domain.model.codes.code import CodeType
from domain.model.codes.inventory import StatusCounts
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.usecases.codes.count_codes import CountCodes, Inventory
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, campaign_of, query_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import (
    Instant,
    Wire,
    instant,
)


class CountQuery(Wire):
    type: CodeType | None = None


class CountsBody(Wire):
    available: int
    reserved: int
    assigned: int
    total: int

    @classmethod
    def of(cls, counts: StatusCounts) -> "CountsBody":
        return cls(
            available=counts.available,
            reserved=counts.reserved,
            assigned=counts.assigned,
            total=counts.total,
        )


class InventoryBody(Wire):
    campaign_id: str
    types: dict[str, CountsBody]
    total: CountsBody
    as_of: Instant

    @classmethod
    def of(cls, campaign_id: CampaignId, inventory: Inventory) -> "InventoryBody":
        return cls(
            campaign_id=campaign_id,
            types={type.value: CountsBody.of(counts) for type, counts in inventory.counts.items()},
            total=CountsBody.of(inventory.total),
            as_of=instant(inventory.as_of),
        )


_COUNTS = {"available": 49_000, "reserved": 600, "assigned": 400, "total": 50_000}


_NONE = {"available": 0, "reserved": 0, "assigned": 0, "total": 0}


@get(
    "/{campaignId:str}/codes/count",
    **documented(
        Operation(
            id="countCodes",
            summary="How many codes there are",
            tag="Codes",
            describes=CountCodes,
            query=CountQuery,
            answers={
                200: Answer(
                    body=InventoryBody,
                    description="All counts are of one instant.",
                    example={
                        "campaignId": "tour-2026",
                        "types": {"tm": _COUNTS, "external": _NONE},
                        "total": _COUNTS,
                        "asOf": "2026-11-21T18:00:00.000Z",
                    },
                )
            },
            raises=(Unavailable,),
        ),
        supreme,
    ),
)
async def count_codes(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    query = query_of(request, CountQuery)
    return json_answer(InventoryBody.of(campaign_id, await app.codes.count(campaign_id, query.type)))
