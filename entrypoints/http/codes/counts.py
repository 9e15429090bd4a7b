"""Counting codes over HTTP."""

from domain.model.codes.code import CodeType
from domain.model.codes.inventory import StatusCounts
from domain.model.ids import CampaignId
from domain.usecases.codes.count_codes import CountCodes, Inventory
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
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


@Operation(
    id="countCodes",
    method="GET",
    path="/{campaignId}/codes/count",
    summary="How many codes there are",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(CountCodes,),
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
)
async def count_codes(call: Call[CountQuery]) -> InventoryBody:
    return InventoryBody.of(call.campaign_id, await call.app.codes.count(call.campaign_id, call.given.type))
