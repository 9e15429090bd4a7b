"""Counting, listing and exporting codes over HTTP, and the history of one."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.response import Response, Stream
from msgspec import Meta

from domain.model.codes import Code, CodeEvent, CodeFilter, CodeStatus, CodeType, StatusCounts, Transition
from domain.model.errors import CodeNotFound, InvalidValue, Unavailable
from domain.model.ids import CampaignId, ReserveId, UserId
from domain.usecases.look_up_codes import (
    CodePage,
    CodeStory,
    CountCodes,
    Inventory,
    ListCodes,
    TellCodeHistory,
)
from entrypoints.application import Application
from entrypoints.http.answers import json_answer, stream_answer
from entrypoints.http.auth import supreme
from entrypoints.http.cursors import cursor_after, text_after
from entrypoints.http.decoding import AnyRequest, campaign_of, query_of
from entrypoints.http.negotiation import CSV, JSON, NDJSON, preferred
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.wire import (
    DEFAULT_PAGE,
    CodeText,
    Cursor,
    EndLine,
    Instant,
    PageLimit,
    ReserveIdText,
    UserIdText,
    Wire,
    instant,
    instant_or_none,
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


class ListQuery(Wire):
    code: CodeText | None = None
    type: CodeType | None = None
    status: CodeStatus | None = None
    reserve_id: ReserveIdText | None = None
    user_id: UserIdText | None = None
    limit: PageLimit = DEFAULT_PAGE
    cursor: Cursor | None = None

    def wanted(self) -> CodeFilter:
        return CodeFilter(
            code=self.code.strip() if self.code else None,
            type=self.type,
            status=self.status,
            reserve_id=ReserveId(self.reserve_id) if self.reserve_id else None,
            user_id=UserId(self.user_id) if self.user_id else None,
        )


class CodeBody(Wire):
    code: str
    type: CodeType
    status: CodeStatus
    reserve_id: str | None
    reserved_at: Instant | None
    expires_at: Instant | None
    assigned_to: str | None
    assigned_at: Instant | None

    @classmethod
    def of(cls, code: Code, now: datetime) -> "CodeBody":
        """As it is at ``now``: a hold that has lapsed is not shown, an assigned code never expires."""
        status = code.status(now)
        hold = None if status is CodeStatus.AVAILABLE else code.hold
        expires = hold.expires_at if hold and status is CodeStatus.RESERVED else None
        return cls(
            code=code.text,
            type=code.type,
            status=status,
            reserve_id=hold.reserve_id if hold else None,
            reserved_at=instant_or_none(hold.reserved_at if hold else None),
            expires_at=instant_or_none(expires),
            assigned_to=code.assigned_to,
            assigned_at=instant_or_none(code.assigned_at),
        )


class PageBody(Wire):
    codes: list[CodeBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]

    @classmethod
    def of(cls, page: CodePage, next: str | None) -> "PageBody":
        return cls(codes=[CodeBody.of(code, page.as_of) for code in page.codes], next=next)


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
    def of(cls, story: CodeStory) -> "HistoryBody":
        return cls(
            code=story.code.text,
            type=story.code.type,
            history=[EventBody.of(transition) for transition in story.code.history(story.as_of)],
        )


_COUNTS = {"available": 49_000, "reserved": 600, "assigned": 400, "total": 50_000}
_NONE = {"available": 0, "reserved": 0, "assigned": 0, "total": 0}
_CODE = {
    "code": "K7QX-02MN",
    "type": "tm",
    "status": "assigned",
    "reserveId": "7f9c24e5b1d04c0f8a3e",
    "reservedAt": "2026-11-21T18:00:00.000Z",
    "expiresAt": None,
    "assignedTo": "fan-1",
    "assignedAt": "2026-11-21T18:05:00.000Z",
}


@get(
    "/{campaignId:str}/codes/count",
    **documented(
        Operation(
            id="countCodes",
            summary="How many codes there are",
            tag="Codes",
            describes=CountCodes,
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
            raises=(Unavailable,),
        ),
        supreme,
    ),
)
async def count_codes(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    query = query_of(request, CountQuery)
    return json_answer(InventoryBody.of(campaign_id, await app.count_codes(campaign_id, query.type)))


@get(
    "/{campaignId:str}/codes",
    **documented(
        Operation(
            id="listCodes",
            summary="List, search or export codes",
            tag="Codes",
            describes=ListCodes,
            query=ListQuery,
            headers={"Accept": "`application/x-ndjson` or `text/csv`: all of them as a stream, without pages"},
            answers={
                200: Answer(
                    body=PageBody,
                    description="A page; or, if asked for, all codes as a stream.",
                    example={"codes": [_CODE], "next": None},
                    media={NDJSON: '{"end":true,"count":0}\n', CSV: "code,type,status\r\n"},
                )
            },
            raises=(InvalidValue, Unavailable),
        ),
        supreme,
    ),
)
async def list_codes(request: AnyRequest) -> Response[bytes] | Stream:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    query = query_of(request, ListQuery)
    after = text_after(query.cursor)
    match preferred(request, JSON, NDJSON, CSV):
        case "application/x-ndjson":
            return stream_answer(_ndjson(app.export_codes(campaign_id, query.wanted())), NDJSON)
        case "text/csv":
            return stream_answer(_csv(app.export_codes(campaign_id, query.wanted())), CSV)
        case _:
            page = await app.list_codes(campaign_id, query.wanted(), after=after, limit=query.limit)
            return json_answer(PageBody.of(page, cursor_after(page.next)))


@get(
    "/{campaignId:str}/codes/history",
    **documented(
        Operation(
            id="getCodeHistory",
            summary="The history of one code",
            tag="Codes",
            describes=TellCodeHistory,
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
    return json_answer(HistoryBody.of(await app.tell_code_history(campaign_id, query.code.strip())))


async def _ndjson(pages: AsyncIterator[CodePage]) -> AsyncIterator[bytes]:
    encoder = msgspec.json.Encoder()
    count = 0
    async for page in pages:
        yield encoder.encode_lines([CodeBody.of(code, page.as_of) for code in page.codes])
        count += len(page.codes)
    yield encoder.encode_lines([EndLine(end=True, count=count)])


_SPREADSHEET_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def _csv(pages: AsyncIterator[CodePage]) -> AsyncIterator[bytes]:
    columns = [field.encode_name for field in msgspec.structs.fields(CodeBody)]
    yield _csv_lines([columns])
    async for page in pages:
        bodies = (msgspec.to_builtins(CodeBody.of(code, page.as_of)) for code in page.codes)
        yield _csv_lines([[_harmless(body[column]) for column in columns] for body in bodies])


def _csv_lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _harmless(value: Any) -> str:
    """A cell that a spreadsheet would run as a formula gets a leading quote (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_SPREADSHEET_FORMULA) else text
