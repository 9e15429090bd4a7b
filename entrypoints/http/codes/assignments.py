"""Assigning and releasing codes over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from litestar import post
from litestar.response import Response
from msgspec import Meta

from domain.model.codes.code import MAX_PER_REQUEST, Refusal
from domain.model.errors import InvalidValue, Unavailable
from domain.model.ids import CampaignId, ReserveId, UserId
from domain.usecases.codes.assign_codes import AssignCodes, AssignCodesCommand, Assigned, Assignment, NotAssigned
from domain.usecases.codes.release_codes import ReleaseCodes, ReleaseCodesCommand, Released
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, body_of, campaign_of
from entrypoints.http.request.guards import caller_of, supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import CodeText, Instant, ReserveIdText, UserIdText, Wire, instant


class AssignmentBody(Wire):
    code: CodeText
    user_id: UserIdText


class AssignRequest(Wire):
    reserve_id: ReserveIdText
    assignments: Annotated[list[AssignmentBody], Meta(min_length=1, max_length=MAX_PER_REQUEST)]

    def command(self, campaign_id: CampaignId, by: UserId) -> AssignCodesCommand:
        return AssignCodesCommand(
            campaign_id=campaign_id,
            reserve_id=ReserveId(self.reserve_id),
            assignments=[
                Assignment(code=wanted.code.strip(), user_id=UserId(wanted.user_id)) for wanted in self.assignments
            ],
            by=by,
        )


class AssignedBody(Wire):
    code: str
    user_id: str
    assigned_at: Instant


class NotAssignedBody(Wire):
    code: str
    user_id: str
    reason: Refusal


class AssignBody(Wire):
    assigned: list[AssignedBody]
    rejected: list[NotAssignedBody]

    @classmethod
    def of(cls, outcome: Sequence[Assigned | NotAssigned]) -> "AssignBody":
        body = cls(assigned=[], rejected=[])
        for result in outcome:
            code, user_id = result.assignment.code, result.assignment.user_id
            if isinstance(result, Assigned):
                body.assigned.append(AssignedBody(code=code, user_id=user_id, assigned_at=instant(result.at)))
            else:
                body.rejected.append(NotAssignedBody(code=code, user_id=user_id, reason=result.reason))
        return body


class ReleaseRequest(Wire):
    reserve_id: ReserveIdText
    codes: Annotated[
        Annotated[list[CodeText], Meta(max_length=MAX_PER_REQUEST)] | None,
        Meta(description="Left out: all that the reservation still holds."),
    ] = None


class NotReleasedBody(Wire):
    code: str
    reason: Refusal


class ReleaseBody(Wire):
    released: int
    rejected: list[NotReleasedBody]

    @classmethod
    def of(cls, outcome: Released) -> "ReleaseBody":
        return cls(
            released=outcome.count,
            rejected=[NotReleasedBody(code=refused.code, reason=refused.reason) for refused in outcome.rejected],
        )


@post(
    "/{campaignId:str}/assign",
    status_code=200,
    **documented(
        Operation(
            id="assignCodes",
            summary="Give held codes to fans",
            tag="Codes",
            describes=AssignCodes,
            body=AssignRequest,
            example={
                "reserveId": "7f9c24e5b1d04c0f8a3e",
                "assignments": [{"code": "K7QX-02MN", "userId": "fan-1"}],
            },
            answers={
                200: Answer(
                    body=AssignBody,
                    description="What became of each code.",
                    example={
                        "assigned": [
                            {"code": "K7QX-02MN", "userId": "fan-1", "assignedAt": "2026-11-21T18:05:00.000Z"}
                        ],
                        "rejected": [],
                    },
                )
            },
            raises=(InvalidValue, Unavailable),
        ),
        supreme,
    ),
)
async def assign_codes(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, AssignRequest)
    return json_answer(
        AssignBody.of(await app.codes.assign(body.command(campaign_id, caller_of(request).user_id)))
    )


@post(
    "/{campaignId:str}/release",
    status_code=200,
    **documented(
        Operation(
            id="releaseCodes",
            summary="Give held codes back",
            tag="Codes",
            describes=ReleaseCodes,
            body=ReleaseRequest,
            example={"reserveId": "7f9c24e5b1d04c0f8a3e", "codes": ["P4WD-88TZ"]},
            answers={
                200: Answer(
                    body=ReleaseBody,
                    description="How many went back, and which could not.",
                    example={"released": 1, "rejected": []},
                )
            },
            raises=(Unavailable,),
        ),
        supreme,
    ),
)
async def release_codes(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, ReleaseRequest)
    command = ReleaseCodesCommand(
        campaign_id=campaign_id,
        reserve_id=ReserveId(body.reserve_id),
        codes=None if body.codes is None else [code.strip() for code in body.codes],
        by=caller_of(request).user_id,
    )
    return json_answer(ReleaseBody.of(await app.codes.release(command)))
