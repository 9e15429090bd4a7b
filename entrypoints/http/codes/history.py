"""The history of one code over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.codes.code import CodeEvent, CodeType, Transition
from domain.usecases.codes.read_code_history import CodeHistory, ReadCodeHistory
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import (
    CodeText,
    Instant,
    Wire,
    instant,
)


class HistoryQuery(Wire):
    code: CodeText


class EventBody(Wire):
    event: CodeEvent
    at: Instant
    by: str
    reserve_id: str | None
    user_id: str | None

    @classmethod
    def of(cls, transition: Transition) -> "EventBody":
        return cls(
            event=transition.event,
            at=instant(transition.at),
            by=transition.by,
            reserve_id=transition.reserve_id,
            user_id=transition.user_id,
        )


class HistoryBody(Wire):
    code: str
    type: CodeType
    history: Annotated[list[EventBody], Meta(description="Oldest first.")]

    @classmethod
    def of(cls, story: CodeHistory) -> "HistoryBody":
        return cls(
            code=story.code.text,
            type=story.code.type,
            history=[EventBody.of(transition) for transition in story.code.history(story.as_of)],
        )


@Operation(
    id="getCodeHistory",
    method="GET",
    path="/{campaignId}/codes/history",
    summary="The history of one code",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(ReadCodeHistory,),
    query=HistoryQuery,
    answers={
        200: Answer(
            body=HistoryBody,
            description="Oldest first.",
            example={
                "code": "K7QX-02MN",
                "type": "tm",
                "history": [
                    {
                        "event": "imported",
                        "at": "2026-11-20T09:00:00.000Z",
                        "by": "staff-1",
                        "reserveId": None,
                        "userId": None,
                    }
                ],
            },
        )
    },
)
async def get_code_history(call: Call[HistoryQuery]) -> HistoryBody:
    return HistoryBody.of(await call.app.codes.history(call.campaign_id, call.given.code.strip()))
