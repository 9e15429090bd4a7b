"""The history of one code over HTTP."""

from typing import Annotated

from litestar import get
from litestar.response import Response
from msgspec import Meta

from domain.model.codes.code import CodeEvent, CodeType, Transition
from domain.model.codes.errors import CodeNotFound
from domain.model.errors import Unavailable
from domain.usecases.codes.read_code_history import CodeHistory, ReadCodeHistory
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, campaign_of, query_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.response.answers import json_answer
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


@get(
    "/{campaignId:str}/codes/history",
    **documented(
        Operation(
            id="getCodeHistory",
            summary="The history of one code",
            tag="Codes",
            describes=ReadCodeHistory,
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
            raises=(CodeNotFound, Unavailable),
        ),
        supreme,
    ),
)
async def get_code_history(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    query = query_of(request, HistoryQuery)
    return json_answer(HistoryBody.of(await app.codes.history(campaign_id, query.code.strip())))
