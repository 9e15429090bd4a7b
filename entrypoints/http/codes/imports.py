"""Importing codes over HTTP."""

from typing import Annotated, Literal

import structlog
from litestar.response import Response
from msgspec import UNSET, Meta, UnsetType

from domain.model.codes.code import CodeType
from domain.model.codes.files.cells import ACCEPTABLE, Reason
from domain.model.codes.files.headers import MAX_COLUMN_NAME
from domain.model.codes.files.layout import MAX_COLUMN, FileOptions, Understood
from domain.model.codes.imports import Import, ImportStatus
from domain.model.errors import InvalidValue
from domain.model.ids import ImportId
from domain.usecases.codes.begin_import import BeginImport, ImportCodesCommand
from domain.usecases.codes.check_file import CheckFile
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.import_codes import ImportCodes
from domain.usecases.codes.withdraw_import import WithdrawImport
from entrypoints.application import Application
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.headers import header
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import Instant, Wire, instant, instant_or_none

ColumnNumber = Annotated[int, Meta(ge=1, le=MAX_COLUMN)]
ColumnName = Annotated[str, Meta(min_length=1, max_length=MAX_COLUMN_NAME)]

log = structlog.get_logger()


class ImportRequest(Wire):
    key: Annotated[str, Meta(min_length=1, max_length=512, description="codes/{campaignId}/{type}/{filename}")]
    separator: Annotated[
        Literal[",", ";", "\t", "|"] | None,
        Meta(description="What stands between columns; if not given, it is found."),
    ] = None
    header: Annotated[
        bool | None, Meta(description="Whether the first row names the columns; if not given, it is found.")
    ] = None
    column: Annotated[
        ColumnNumber | ColumnName | None,
        Meta(description="Which column holds the codes: its number from 1, or its name in the first row."),
    ] = None
    accept: Annotated[
        tuple[Reason, ...],
        Meta(max_length=len(Reason), description="Reasons that are to let a row pass as a code all the same."),
    ] = ()
    dry_run: Annotated[bool, Meta(description="Only look: the receipt, and nothing is stored.")] = False

    def options(self) -> FileOptions:
        """Raises InvalidValue for a reason that no wish makes a code."""
        accept = frozenset(self.accept)
        if refused := sorted(accept - ACCEPTABLE):
            raise InvalidValue("accept", f"{', '.join(refused)} cannot be accepted: such a row is no code")
        return FileOptions(separator=self.separator, header=self.header, column=self.column, accept=accept)


class ProblemLine(Wire):
    line: int
    reason: Annotated[str, Meta(description="Why the row was not stored; `header` and `look_alike` only tell.")]
    detail: Annotated[str, Meta(description="Which character it is about.")] | UnsetType = UNSET


class UnderstoodBody(Wire):
    encoding: str
    separator: str
    header: bool
    column: Annotated[int, Meta(description="From 1.")]

    @classmethod
    def of(cls, understood: Understood) -> "UnderstoodBody":
        return cls(
            encoding=understood.encoding,
            separator=understood.separator,
            header=understood.header,
            column=understood.column,
        )


class ImportBody(Wire):
    import_id: str
    campaign_id: str
    type: CodeType
    key: str
    status: ImportStatus
    rows: Annotated[int, Meta(description="inserted + duplicates + conflicts + blank + invalid")]
    inserted: int
    duplicates: Annotated[int, Meta(description="Earlier in the file, or in the campaign under this type.")]
    conflicts: Annotated[int, Meta(description="In the campaign under the other type.")]
    blank: int
    invalid: int
    problems: Annotated[list[ProblemLine], Meta(description="The first 100.")]
    started_at: Instant
    finished_at: Instant | None
    failure: Annotated[str | None, Meta(description="The code of the error that ended a failed import.")]
    understood: Annotated[
        UnderstoodBody | None, Meta(description="How the file is read; null before its head was looked at.")
    ]
    sample: (
        Annotated[list[str], Meta(description="Of a dry run: the first and the last five codes.")] | UnsetType
    ) = UNSET

    @classmethod
    def of(cls, run: Import) -> "ImportBody":
        return cls(
            import_id=run.id,
            campaign_id=run.key.campaign_id,
            type=run.key.type,
            key=str(run.key),
            status=run.status,
            rows=run.tally.rows,
            inserted=run.tally.inserted,
            duplicates=run.tally.duplicates,
            conflicts=run.tally.conflicts,
            blank=run.tally.blank,
            invalid=run.tally.invalid,
            problems=[
                ProblemLine(line=problem.line, reason=problem.reason, detail=problem.detail or UNSET)
                for problem in run.tally.problems
            ],
            started_at=instant(run.started_at),
            finished_at=instant_or_none(run.finished_at),
            failure=run.failure,
            understood=UnderstoodBody.of(run.understood) if run.understood else None,
            sample=list(run.sample) if run.status is ImportStatus.CHECKED else UNSET,
        )


class KeptBody(Wire):
    reserved: int
    assigned: int


class WithdrawnBody(Wire):
    removed: Annotated[int, Meta(description="Codes that were available, and are gone.")]
    kept: Annotated[KeptBody, Meta(description="Codes that are in fans' hands, or about to be.")]


_EXAMPLE = {
    "importId": "0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a",
    "campaignId": "tour-2026",
    "type": "tm",
    "key": "codes/tour-2026/tm/batch-1.csv",
    "status": "completed",
    "rows": 50_010,
    "inserted": 50_000,
    "duplicates": 6,
    "conflicts": 1,
    "blank": 2,
    "invalid": 1,
    "problems": [{"line": 7, "reason": "too_long"}],
    "startedAt": "2026-11-21T18:00:00.000Z",
    "finishedAt": "2026-11-21T18:00:01.500Z",
    "failure": None,
    "understood": {"encoding": "utf-8", "separator": ",", "header": False, "column": 1},
}


@Operation(
    id="importCodes",
    method="POST",
    path="/{campaignId}/codes",
    summary="Import a file of codes",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(ImportCodes, BeginImport, CheckFile),
    body=ImportRequest,
    example={"key": "codes/tour-2026/tm/batch-1.csv"},
    headers={"Prefer": "`respond-async`: do not wait, answer 202 with the address of the status"},
    answers={
        200: Answer(body=ImportBody, description="The whole file was read.", example=_EXAMPLE),
        202: Answer(
            body=ImportBody,
            description="The import has begun.",
            example=_EXAMPLE | {"status": "running", "finishedAt": None},
            headers={"Location": "Where to ask how far it is"},
        ),
    },
)
async def import_codes(call: Call[ImportRequest]) -> ImportBody | Response[bytes]:
    app, options = call.app, call.given.options()
    command = ImportCodesCommand(
        campaign_id=call.campaign_id, key=call.given.key, by=call.caller.user_id, options=options
    )
    if call.given.dry_run:
        return ImportBody.of(await app.codes.check_file(command))
    run = await app.codes.begin_import(command)
    if not _wants_no_wait(call.request):
        return ImportBody.of(await app.codes.run_import(run, options))
    call.request.app.state.background.start(_import_unattended(app, run, options))
    location = f"/{call.campaign_id}/codes/imports/{run.id}"
    return json_answer(ImportBody.of(run), status=202, headers={"Location": location})


@Operation(
    id="getImport",
    method="GET",
    path="/{campaignId}/codes/imports/{importId}",
    summary="How far an import is",
    tag="Codes",
    guard=supreme,
    scope=Scope.READ,
    use_cases=(FindImport,),
    answers={200: Answer(body=ImportBody, description="Its state and counts so far.", example=_EXAMPLE)},
)
async def get_import(call: Call[None]) -> ImportBody:
    return ImportBody.of(await call.app.codes.find_import(call.campaign_id, ImportId(call.path["importId"])))


@Operation(
    id="withdrawImport",
    method="DELETE",
    path="/{campaignId}/codes/imports/{importId}",
    summary="Take an import back",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(WithdrawImport,),
    answers={
        200: Answer(
            body=WithdrawnBody,
            description="What is gone, and what was kept.",
            example={"removed": 49_990, "kept": {"reserved": 4, "assigned": 6}},
        )
    },
)
async def withdraw_import(call: Call[None]) -> WithdrawnBody:
    done = await call.app.codes.withdraw_import(call.campaign_id, ImportId(call.path["importId"]))
    kept = KeptBody(reserved=done.reserved, assigned=done.assigned)
    return WithdrawnBody(removed=done.removed, kept=kept)


def _wants_no_wait(request: AnyRequest) -> bool:
    """``Prefer: respond-async`` (RFC 7240), alone or among other preferences."""
    preferences = (header(request, b"prefer") or "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


async def _import_unattended(app: Application, run: Import, options: FileOptions) -> None:
    """Nobody waits for the answer: how it ended is on record, and in the log."""
    try:
        await app.codes.run_import(run, options)
    except Exception as error:  # noqa: BLE001  # there is nobody to raise it to
        log.warning("import.failed", import_id=run.id, reason=type(error).__name__)
