"""Importing codes over HTTP."""

from functools import partial
from typing import Annotated

import structlog
from msgspec import Meta

from domain.model.codes.files.layout import FileOptions
from domain.model.codes.imports import Import
from domain.model.ids import ImportId
from domain.usecases.codes import audited
from domain.usecases.codes.begin_import import BeginImport, ImportCodesCommand
from domain.usecases.codes.check_file import CheckFile
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.import_codes import ImportCodes
from domain.usecases.codes.list_imports import ListImports
from domain.usecases.codes.withdraw_import import WithdrawImport
from entrypoints.application import Application
from entrypoints.http.call import Call
from entrypoints.http.codes.import_bodies import EXAMPLE, ImportBody, ImportRequest, KeptBody, WithdrawnBody
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_of_import, import_position_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.headers import wants_no_wait
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.wire import DEFAULT_PAGE, Cursor, PageLimit, Wire

log = structlog.get_logger()


@Operation(
    id="importCodes",
    method="POST",
    path="/{campaignId}/codes",
    summary="Import a file of codes",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.IMPORT,
    use_cases=(ImportCodes, BeginImport, CheckFile),
    body=ImportRequest,
    example={"key": "codes/tour-2026/tm/batch-1.csv"},
    headers={"Prefer": "`respond-async`: do not wait, answer 202 with the address of the status"},
    answers={
        200: Answer(body=ImportBody, description="The whole file was read.", example=EXAMPLE),
        202: Answer(
            body=ImportBody,
            description="The import has begun.",
            example=EXAMPLE | {"status": "running", "finishedAt": None},
            headers={"Location": "Where to ask how far it is"},
        ),
    },
)
async def import_codes(call: Call[ImportRequest]) -> ImportBody | Reply:
    app, options = call.app, call.given.options()
    command = ImportCodesCommand(
        campaign_id=call.campaign_id, key=call.given.key, by=call.caller.user_id, options=options
    )
    if call.given.dry_run:
        return ImportBody.of(await app.codes.check_file(command))
    if not wants_no_wait(call.request):
        return ImportBody.of(await call.change(audited.IMPORT, command, app.codes.import_file))
    run = await call.change(audited.IMPORT, command, app.codes.begin_import)
    call.request.app.state.background.start(_import_unattended(app, run, options))
    location = f"/{call.campaign_id}/codes/imports/{run.id}"
    return json_answer(ImportBody.of(run), status=202, headers={"Location": location})


class ImportsQuery(Wire):
    limit: PageLimit = DEFAULT_PAGE
    cursor: Cursor | None = None


class ImportsBody(Wire):
    imports: list[ImportBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="listImports",
    method="GET",
    path="/{campaignId}/codes/imports",
    summary="The imports of a campaign",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(ListImports,),
    query=ImportsQuery,
    answers={
        200: Answer(
            body=ImportsBody,
            description="One page, the newest first.",
            example={"imports": [EXAMPLE], "next": None},
        )
    },
)
async def list_imports(call: Call[ImportsQuery]) -> ImportsBody:
    after = import_position_of(call.given.cursor)
    page = await call.app.codes.list_imports(call.campaign_id, after=after, limit=call.given.limit)
    return ImportsBody(imports=[ImportBody.of(run) for run in page.runs], next=cursor_of_import(page.next))


@Operation(
    id="getImport",
    method="GET",
    path="/{campaignId}/codes/imports/{importId}",
    summary="How far an import is",
    tag="Codes",
    guard=supreme,
    scope=Scope.CODES,
    use_cases=(FindImport,),
    answers={200: Answer(body=ImportBody, description="Its state and counts so far.", example=EXAMPLE)},
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
    audit=audited.WITHDRAW,
    use_cases=(WithdrawImport,),
    answers={
        200: Answer(
            body=WithdrawnBody,
            description="The numbers of removed and of kept codes.",
            example={"removed": 49_990, "kept": {"reserved": 4, "assigned": 6}},
        )
    },
)
async def withdraw_import(call: Call[None]) -> WithdrawnBody:
    withdraw = partial(call.app.codes.withdraw_import, call.campaign_id)
    done = await call.change(audited.WITHDRAW, ImportId(call.path["importId"]), withdraw)
    kept = KeptBody(reserved=done.reserved, assigned=done.assigned)
    return WithdrawnBody(removed=done.removed, kept=kept)


async def _import_unattended(app: Application, run: Import, options: FileOptions) -> None:
    """No caller waits for the answer: the run and the log record how it ended."""
    try:
        await app.codes.run_import(run, options)
    except Exception as error:  # noqa: BLE001  # no caller is there to catch it
        log.warning("import.failed", import_id=run.id, reason=type(error).__name__)
