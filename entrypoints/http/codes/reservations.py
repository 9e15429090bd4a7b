"""Reserving codes over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.codes.code import CodeType
from domain.model.codes.reservations import MAX_PER_RESERVATION, Reservation
from domain.model.ids import ReserveId
from domain.usecases.codes import audited
from domain.usecases.codes.reserve_codes import ReserveCodes, ReserveCodesCommand
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation, Result
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Instant, ReserveIdText, Wire, instant


class ReserveRequest(Wire):
    type: CodeType
    count: Annotated[int, Meta(ge=1, le=MAX_PER_RESERVATION)]
    reserve_id: Annotated[
        ReserveIdText | None,
        Meta(
            description="Chosen by the caller, so that the request is safe to repeat. It should be hard to guess."
        ),
    ] = None


class ReservationBody(Wire):
    reserve_id: str
    campaign_id: str
    type: CodeType
    codes: list[str]
    reserved_at: Instant
    expires_at: Instant

    @classmethod
    def of(cls, reservation: Reservation) -> "ReservationBody":
        return cls(
            reserve_id=reservation.reserve_id,
            campaign_id=reservation.campaign_id,
            type=reservation.type,
            codes=list(reservation.codes),
            reserved_at=instant(reservation.reserved_at),
            expires_at=instant(reservation.expires_at),
        )


_RESERVED = Answer(
    body=ReservationBody,
    description="The codes are held.",
    example={
        "reserveId": "7f9c24e5b1d04c0f8a3e",
        "campaignId": "tour-2026",
        "type": "tm",
        "codes": ["K7QX-02MN", "P4WD-88TZ"],
        "reservedAt": "2026-11-21T18:00:00.000Z",
        "expiresAt": "2026-11-22T18:00:00.000Z",
    },
)


@Operation(
    id="reserveCodes",
    method="POST",
    path="/{campaignId}/reserve",
    summary="Hold codes",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.RESERVE,
    use_cases=(ReserveCodes,),
    body=ReserveRequest,
    example={"type": "tm", "count": 2, "reserveId": "7f9c24e5b1d04c0f8a3e"},
    answers={200: _RESERVED},
)
async def reserve_codes(call: Call[ReserveRequest]) -> ReservationBody:
    wanted = call.given
    command = ReserveCodesCommand(
        campaign_id=call.campaign_id,
        type=wanted.type,
        count=wanted.count,
        reserve_id=ReserveId(wanted.reserve_id) if wanted.reserve_id else None,
        by=call.caller.user_id,
    )
    return ReservationBody.of(await call.change(audited.RESERVE, command, call.app.codes.reserve))


@Operation(
    id="reserveCodesByGet",
    method="GET",
    path="/{campaignId}/reserve",
    summary="Hold codes (use POST)",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.RESERVE,
    use_cases=(ReserveCodes,),
    query=ReserveRequest,
    answers={200: _RESERVED},
    deprecated=True,
)
async def reserve_codes_by_get(call: Call[ReserveRequest]) -> Result:
    return await reserve_codes.handler(call)
