"""Parked messages over HTTP: those that the stream or the mailer refused too often."""

from typing import Annotated

from msgspec import Meta

from domain.model.cloud_events import type_of
from domain.model.ids import CAMPAIGN_ID, CampaignId
from domain.model.messaging.relaying import Parked
from domain.usecases.messaging import audited
from domain.usecases.messaging.list_parked import ListParked
from domain.usecases.messaging.retry_parked import RetryParked
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_of_parked, parked_position_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.problems import FieldProblem, invalid
from entrypoints.http.wire import DEFAULT_PAGE, Cursor, Instant, PageLimit, Wire, instant

MAX_IDS = 1_000
MessageId = Annotated[str, Meta(min_length=1, max_length=64)]


class ParkedQuery(Wire):
    campaign_id: (
        Annotated[str, Meta(pattern=CAMPAIGN_ID, description="Only the messages of this campaign.")] | None
    ) = None
    limit: PageLimit = DEFAULT_PAGE
    cursor: Cursor | None = None


class ParkedMessageBody(Wire):
    id: str
    type: Annotated[str, Meta(description="The event, or the work of a worker.")]
    campaign_id: str
    user_id: str
    revision: int
    attempts: int
    since: Instant
    reason: str

    @classmethod
    def of(cls, parked: Parked) -> "ParkedMessageBody":
        message = parked.message
        return cls(
            id=message.id,
            type=type_of(message.about),
            campaign_id=message.campaign_id,
            user_id=message.user_id,
            revision=message.revision,
            attempts=message.attempts,
            since=instant(parked.since),
            reason=parked.reason,
        )


class ParkedBody(Wire):
    events: list[ParkedMessageBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="listParked",
    method="GET",
    path="/events/parked",
    summary="Messages that were refused too often",
    tag="Operations",
    guard=supreme,
    scope=Scope.OPERATE,
    use_cases=(ListParked,),
    query=ParkedQuery,
    answers={
        200: Answer(
            body=ParkedBody,
            description="One page, the longest parked first.",
            example={
                "events": [
                    {
                        "id": "0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a",
                        "type": "fangate.entry.created",
                        "campaignId": "tour-2026",
                        "userId": "fan-1",
                        "revision": 1,
                        "attempts": 5,
                        "since": "2026-11-21T18:00:00.000Z",
                        "reason": "MessageSizeTooLargeError",
                    }
                ],
                "next": None,
            },
        )
    },
)
async def list_parked(call: Call[ParkedQuery]) -> ParkedBody:
    campaign_id = CampaignId(call.given.campaign_id) if call.given.campaign_id else None
    after = parked_position_of(call.given.cursor)
    page = await call.app.messaging.list_parked(campaign_id, call.given.limit, after=after)
    return ParkedBody(
        events=[ParkedMessageBody.of(parked) for parked in page.messages], next=cursor_of_parked(page.next)
    )


class RetryRequest(Wire):
    """Either ``ids`` or ``all``."""

    ids: Annotated[list[MessageId], Meta(min_length=1, max_length=MAX_IDS)] | None = None
    all: Annotated[bool, Meta(description="Every parked message.")] = False


class RetriedBody(Wire):
    retried: int
    missing: Annotated[list[str], Meta(description="Of the `ids`, those that are not parked.")]


@Operation(
    id="retryParked",
    method="POST",
    path="/events/parked/retry",
    summary="Put parked messages back",
    tag="Operations",
    guard=supreme,
    scope=Scope.OPERATE,
    audit=audited.RETRY_PARKED,
    use_cases=(RetryParked,),
    body=RetryRequest,
    example={"ids": ["0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a"]},
    answers={200: Answer(body=RetriedBody, description="Done.", example={"retried": 1, "missing": []})},
)
async def retry_parked(call: Call[RetryRequest]) -> RetriedBody:
    ids = call.given.ids
    if (ids is None) is not call.given.all:
        raise invalid(FieldProblem("", "must have either ids or all"))
    done = await call.change(audited.RETRY_PARKED, ids, call.app.messaging.retry_parked)
    put_back = set(done)
    return RetriedBody(retried=len(put_back), missing=[id for id in ids or () if id not in put_back])
