"""Registrations over time, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, field

from domain.model.registrations.timeline import MAX_POINTS, TimelinePoint, TimeUnit
from domain.usecases.registrations.read_timeline import ReadTimeline
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.problems import FieldProblem, invalid
from entrypoints.http.wire import Instant, Wire, instant

TimeText = Annotated[datetime, Meta(tz=True)]


class TimelineQuery(Wire):
    unit: Annotated[TimeUnit, Meta(description="What a point stands for; `hour` if left out.")] = TimeUnit.HOUR
    from_: Annotated[TimeText | None, Meta(description="The first time, RFC 3339; rounded down.")] = field(
        name="from", default=None
    )
    to: Annotated[TimeText | None, Meta(description="The time at the end, RFC 3339; rounded up.")] = None


class TimelinePointBody(Wire):
    at: Annotated[Instant, Meta(description="The begin of the unit.")]
    created: int
    confirmed: int

    @classmethod
    def of(cls, point: TimelinePoint) -> "TimelinePointBody":
        return cls(at=instant(point.at), created=point.created, confirmed=point.confirmed)


class TimelineBody(Wire):
    points: Annotated[list[TimelinePointBody], Meta(max_length=MAX_POINTS)]


@Operation(
    id="readTimeline",
    method="GET",
    path="/{campaignId}/entries/timeline",
    summary="How many registered and confirmed, over time",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(ReadTimeline,),
    query=TimelineQuery,
    answers={
        200: Answer(
            body=TimelineBody,
            description="A point for each unit, the earliest first.",
            example={"points": [{"at": "2026-11-21T18:00:00.000Z", "created": 1_200, "confirmed": 950}]},
        )
    },
)
async def read_timeline(call: Call[TimelineQuery]) -> TimelineBody:
    given = call.given
    begin, end = _in_utc("/from", given.from_), _in_utc("/to", given.to)
    points = await call.app.registrations.timeline(call.campaign_id, given.unit, begin=begin, end=end)
    return TimelineBody(points=[TimelinePointBody.of(point) for point in points])


def _in_utc(pointer: str, time: datetime | None) -> datetime | None:
    """Raises a 422 Problem for a time that has no UTC."""
    try:
        return None if time is None else time.astimezone(UTC)
    except OverflowError:
        raise invalid(FieldProblem(pointer, "must be a time between the years 1 and 9999")) from None
