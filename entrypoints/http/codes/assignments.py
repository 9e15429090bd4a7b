"""Assigning and releasing codes over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from domain.model.codes.code import MAX_PER_REQUEST, Refusal
from domain.model.ids import CampaignId, ReserveId, UserId
from domain.usecases.codes import audited
from domain.usecases.codes.assign_codes import AssignCodes, AssignCodesCommand, Assigned, Assignment, NotAssigned
from domain.usecases.codes.release_codes import ReleaseCodes, ReleaseCodesCommand, Released
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
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
        Meta(description="Without it: all codes that the reservation still holds."),
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


@Operation(
    id="assignCodes",
    method="POST",
    path="/{campaignId}/assign",
    summary="Give held codes to fans",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.ASSIGN,
    use_cases=(AssignCodes,),
    body=AssignRequest,
    example={
        "reserveId": "7f9c24e5b1d04c0f8a3e",
        "assignments": [{"code": "K7QX-02MN", "userId": "fan-1"}],
    },
    answers={
        200: Answer(
            body=AssignBody,
            description="The result for each code.",
            example={
                "assigned": [{"code": "K7QX-02MN", "userId": "fan-1", "assignedAt": "2026-11-21T18:05:00.000Z"}],
                "rejected": [],
            },
        )
    },
)
async def assign_codes(call: Call[AssignRequest]) -> AssignBody:
    command = call.given.command(call.campaign_id, call.caller.user_id)
    return AssignBody.of(await call.change(audited.ASSIGN, command, call.app.codes.assign))


@Operation(
    id="releaseCodes",
    method="POST",
    path="/{campaignId}/release",
    summary="Give held codes back",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.RELEASE,
    use_cases=(ReleaseCodes,),
    body=ReleaseRequest,
    example={"reserveId": "7f9c24e5b1d04c0f8a3e", "codes": ["P4WD-88TZ"]},
    answers={
        200: Answer(
            body=ReleaseBody,
            description="The number of released codes, and the codes that were not released.",
            example={"released": 1, "rejected": []},
        )
    },
)
async def release_codes(call: Call[ReleaseRequest]) -> ReleaseBody:
    codes = call.given.codes
    command = ReleaseCodesCommand(
        campaign_id=call.campaign_id,
        reserve_id=ReserveId(call.given.reserve_id),
        codes=None if codes is None else [code.strip() for code in codes],
        by=call.caller.user_id,
    )
    return ReleaseBody.of(await call.change(audited.RELEASE, command, call.app.codes.release))
