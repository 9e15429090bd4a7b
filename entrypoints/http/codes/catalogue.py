"""Listing, searching and exporting codes over HTTP."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import msgspec
from litestar.response import Stream
from msgspec import Meta

from domain.model.codes.code import Code, CodeStatus, CodeType
from domain.model.codes.files.headers import EXPORT_COLUMNS
from domain.model.codes.inventory import CodeFilter
from domain.model.ids import ImportId, ReserveId, UserId
from domain.usecases.codes.export_codes import ExportCodes
from domain.usecases.codes.list_codes import CodePage, ListCodes
from domain.usecases.codes.list_own_codes import ListOwnCodes
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_after, text_after
from entrypoints.http.request.guards import oneself, supreme
from entrypoints.http.request.negotiation import CSV, JSON, NDJSON, preferred
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import ndjson_lines, stream_answer
from entrypoints.http.response.csv_rows import csv_rows
from entrypoints.http.wire import (
    DEFAULT_PAGE,
    CodePrefix,
    CodeText,
    Cursor,
    ImportIdText,
    Instant,
    PageLimit,
    ReserveIdText,
    UserIdText,
    Wire,
    instant_or_none,
)


class ListQuery(Wire):
    code: CodeText | None = None
    prefix: CodePrefix | None = None
    type: CodeType | None = None
    status: CodeStatus | None = None
    reserve_id: ReserveIdText | None = None
    user_id: UserIdText | None = None
    import_id: ImportIdText | None = None
    limit: PageLimit = DEFAULT_PAGE
    cursor: Cursor | None = None

    def wanted(self) -> CodeFilter:
        return CodeFilter(
            code=self.code.strip() if self.code else None,
            prefix=self.prefix,
            type=self.type,
            status=self.status,
            reserve_id=ReserveId(self.reserve_id) if self.reserve_id else None,
            user_id=UserId(self.user_id) if self.user_id else None,
            import_id=ImportId(self.import_id) if self.import_id else None,
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
        """The code at ``now``: a lapsed hold is not shown, and an assigned code never expires."""
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


class OwnCodeBody(Wire):
    code: str
    type: CodeType
    assigned_at: Instant | None


class OwnCodesBody(Wire):
    codes: list[OwnCodeBody]


class PageBody(Wire):
    codes: list[CodeBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]

    @classmethod
    def of(cls, page: CodePage, next: str | None) -> "PageBody":
        return cls(codes=[CodeBody.of(code, page.as_of) for code in page.codes], next=next)


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


@Operation(
    id="listCodes",
    method="GET",
    path="/{campaignId}/codes",
    summary="List, search or export codes",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(ListCodes, ExportCodes),
    query=ListQuery,
    headers={"Accept": "`application/x-ndjson` or `text/csv`: all of them as a stream, without pages"},
    answers={
        200: Answer(
            body=PageBody,
            description="One page; or all codes as a stream, if the caller accepts that.",
            example={"codes": [_CODE], "next": None},
            media={NDJSON: '{"end":true,"count":0}\n', CSV: "code,type,status\r\n"},
        )
    },
)
async def list_codes(call: Call[ListQuery]) -> PageBody | Stream:
    query, wanted = call.given, call.given.wanted()
    after = text_after(query.cursor)
    match preferred(call.request, JSON, NDJSON, CSV):
        case "application/x-ndjson":
            return stream_answer(ndjson_lines(_bodies(call.app.codes.export(call.campaign_id, wanted))), NDJSON)
        case "text/csv":
            return stream_answer(_csv(call.app.codes.export(call.campaign_id, wanted)), CSV)
        case _:
            page = await call.app.codes.list(call.campaign_id, wanted, after=after, limit=query.limit)
            return PageBody.of(page, cursor_after(page.next))


@Operation(
    id="listMyCodes",
    method="GET",
    path="/{campaignId}/codes/mine",
    summary="The caller's own codes",
    tag="Codes",
    guard=oneself,
    scope=Scope.CODES,
    limit="reads",
    use_cases=(ListOwnCodes,),
    answers={
        200: Answer(
            body=OwnCodesBody,
            description="What was assigned to the `sub` of the token.",
            example={"codes": [{"code": "K7QX-02MN", "type": "tm", "assignedAt": "2026-11-21T18:05:00.000Z"}]},
        )
    },
)
async def list_my_codes(call: Call[None]) -> OwnCodesBody:
    codes = await call.app.codes.list_own(call.campaign_id, call.caller.user_id)
    return OwnCodesBody(
        codes=[
            OwnCodeBody(code=code.text, type=code.type, assigned_at=instant_or_none(code.assigned_at))
            for code in codes
        ]
    )


async def _bodies(pages: AsyncIterator[CodePage]) -> AsyncIterator[list[CodeBody]]:
    async for page in pages:
        yield [CodeBody.of(code, page.as_of) for code in page.codes]


async def _csv(pages: AsyncIterator[CodePage]) -> AsyncIterator[bytes]:
    """The import reads this file, and removes the guards."""
    yield ",".join(EXPORT_COLUMNS).encode() + b"\r\n"
    async for page in pages:
        bodies = (msgspec.to_builtins(CodeBody.of(code, page.as_of)) for code in page.codes)
        yield csv_rows([body[column] for column in EXPORT_COLUMNS] for body in bodies)
