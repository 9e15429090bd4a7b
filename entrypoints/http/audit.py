"""Reading the audit log over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta, field

from domain.model.audit.records import AuditFilter, AuditRecord
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, UserId
from domain.usecases.audit.list_changes import ListChanges
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import audit_position_of, cursor_of_audit
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import CampaignIdText, Cursor, Instant, UserIdText, Wire, instant

MAX_PAGE: Final = 1_000
"""A record may name a hundred fans."""
DEFAULT_PAGE: Final = 100
_MILLISECOND: Final = timedelta(milliseconds=1)

OperationName = Annotated[str, Meta(min_length=1, max_length=64)]
TimeText = Annotated[datetime, Meta(tz=True)]


class AuditQuery(Wire):
    campaign_id: Annotated[
        CampaignIdText | None, Meta(description="A token that is narrowed to campaigns must name one of them.")
    ] = None
    by: Annotated[UserIdText | None, Meta(description="The caller who made the change.")] = None
    operation: Annotated[OperationName | None, Meta(description="Its id, such as `selectEntries`.")] = None
    from_: Annotated[TimeText | None, Meta(description="The earliest time, RFC 3339.")] = field(
        name="from", default=None
    )
    to: Annotated[TimeText | None, Meta(description="The time before which the changes were made.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE
    cursor: Cursor | None = None

    def wanted(self) -> AuditFilter:
        return AuditFilter(
            campaign_id=CampaignId(self.campaign_id) if self.campaign_id else None,
            by=UserId(self.by) if self.by else None,
            operation=self.operation,
            since=_in_utc("from", self.from_),
            until=_in_utc("to", self.to),
        )


def _in_utc(name: str, time: datetime | None) -> datetime | None:
    """The first whole millisecond that is not earlier: stored times have no fraction of one."""
    if time is None:
        return None
    try:
        late = time.astimezone(UTC) + _MILLISECOND - timedelta(microseconds=1)
    except OverflowError:
        raise InvalidValue(name, "must be a time between the years 1 and 9999") from None
    return late.replace(microsecond=late.microsecond // 1_000 * 1_000)


class AuditRecordBody(Wire):
    id: str
    at: Instant
    by: str
    operation: str
    campaign_id: Annotated[str | None, Meta(description="Null for a change that belongs to no campaign.")]
    request_id: Annotated[str | None, Meta(description="Null for a change from the command line.")]
    asked: Annotated[dict[str, Any], Meta(description="Ids, counts and filters.")]
    outcome: Annotated[dict[str, Any], Meta(description="`result` is `done`, `failed` or `unknown`; counts.")]

    @classmethod
    def of(cls, record: AuditRecord) -> "AuditRecordBody":
        return cls(
            id=record.id,
            at=instant(record.at),
            by=record.by,
            operation=record.operation,
            campaign_id=record.campaign_id,
            request_id=record.request_id,
            asked=dict(record.asked),
            outcome=dict(record.result),
        )


class AuditBody(Wire):
    records: Annotated[list[AuditRecordBody], Meta(description="Newest first.")]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


_EXAMPLE: Final = {
    "id": "0f0c9c3b7d8e4a53b1a4d9c2e6f70812",
    "at": "2026-11-21T18:00:00.000Z",
    "by": "staff",
    "operation": "selectEntries",
    "campaignId": "tour-2026",
    "requestId": "4be0f1a0c2c94f6f",
    "asked": {"selection": "selected", "users": 1, "userIds": ["fan-1"]},
    "outcome": {"result": "done", "updated": 1, "rejected": 0},
}


@Operation(
    id="listAudit",
    method="GET",
    path="/audit",
    summary="Who of staff changed what",
    tag="Audit",
    guard=supreme,
    scope=Scope.PRIVACY,
    use_cases=(ListChanges,),
    query=AuditQuery,
    answers={200: Answer(body=AuditBody, description="One page.", example={"records": [_EXAMPLE], "next": None})},
)
async def list_audit(call: Call[AuditQuery]) -> AuditBody:
    after = audit_position_of(call.given.cursor)
    page = await call.app.list_changes(call.given.wanted(), after=after, limit=call.given.limit)
    records = [AuditRecordBody.of(record) for record in page.records]
    return AuditBody(records=records, next=cursor_of_audit(page.next))
