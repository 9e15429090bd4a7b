"""Reserving codes over HTTP."""

from typing import Annotated

from litestar import get, post
from litestar.response import Response
from msgspec import Meta

from domain.model.codes.code import CodeType
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.codes.reservations import MAX_PER_RESERVATION, Reservation
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, ReserveId
from domain.usecases.codes.reserve_codes import ReserveCodes, ReserveCodesCommand
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, body_of, campaign_of, query_of
from entrypoints.http.request.guards import caller_of, supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import Instant, ReserveIdText, Wire, instant


class ReserveRequest(Wire):
    type: CodeType
    count: Annotated[int, Meta(ge=1, le=MAX_PER_RESERVATION)]
    reserve_id: Annotated[
        ReserveIdText | None,
        Meta(description="Chosen by the caller, it makes the request safe to repeat; hard to guess, please."),
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


_RESERVE_PROBLEMS = (CodesExhausted, ReservationMismatch, Unavailable)


@post(
    "/{campaignId:str}/reserve",
    status_code=200,
    **documented(
        Operation(
            id="reserveCodes",
            summary="Hold codes",
            tag="Codes",
            describes=ReserveCodes,
            body=ReserveRequest,
            example={"type": "tm", "count": 2, "reserveId": "7f9c24e5b1d04c0f8a3e"},
            answers={200: _RESERVED},
            raises=_RESERVE_PROBLEMS,
        ),
        supreme,
    ),
)
async def reserve_codes(request: AnyRequest) -> Response[bytes]:
    return await _reserve(request, campaign_of(request), await body_of(request, ReserveRequest))


@get(
    "/{campaignId:str}/reserve",
    **documented(
        Operation(
            id="reserveCodesByGet",
            summary="Hold codes (use POST)",
            tag="Codes",
            describes=ReserveCodes,
            query=ReserveRequest,
            answers={200: _RESERVED},
            raises=_RESERVE_PROBLEMS,
            deprecated=True,
        ),
        supreme,
    ),
)
async def reserve_codes_by_get(request: AnyRequest) -> Response[bytes]:
    return await _reserve(request, campaign_of(request), query_of(request, ReserveRequest))


async def _reserve(request: AnyRequest, campaign_id: CampaignId, wanted: ReserveRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    command = ReserveCodesCommand(
        campaign_id=campaign_id,
        type=wanted.type,
        count=wanted.count,
        reserve_id=ReserveId(wanted.reserve_id) if wanted.reserve_id else None,
        by=caller_of(request).user_id,
    )
    return json_answer(ReservationBody.of(await app.codes.reserve(command)))
