"""Files of codes. Uploaded, checked, imported, and taken back."""

import csv
import io
import re
import secrets
from typing import Any, Final

from domain.model.codes.files.cells import ACCEPTABLE
from domain.model.files.spreadsheets import guarded
from domain.model.files.uploads import MAX_FILENAME
from entrypoints.console.desk import Desk
from entrypoints.console.once import take
from entrypoints.console.page import Page
from entrypoints.console.request import Fields, segment
from entrypoints.console.text import say, text
from entrypoints.console.upload import upload_of
from entrypoints.http.codes.import_bodies import ImportBody, WithdrawnBody
from entrypoints.http.codes.imports import ImportsBody, get_import, import_codes, list_imports, withdraw_import
from entrypoints.http.response.answers import Reply
from entrypoints.http.uploads import UploadedBody, upload_codes

PAGE: Final = 50
ASKED: Final = ("key", "separator", "header", "column", "accept")
"""What the form of the preview says about the file."""
_NUMBER: Final = re.compile(r"[0-9]{1,6}")


@Page(
    path="/campaigns/{campaignId}/codes/upload",
    method="POST",
    operation=upload_codes,
    changes=True,
    reads_body=False,
)
async def upload(desk: Desk) -> Reply:
    """Only stores the file; what is in it is shown next, before anything is imported."""
    form = await upload_of(desk.request)
    await take(desk.app, desk.token, form.fields, desk.here)
    path = {"type": form.fields.one("type"), "filename": segment(_stored_name(form.filename))}
    kept = await desk.ask(upload_codes, UploadedBody, path=path, receive=form.receive)
    return desk.go(desk.to("codes", "check", key=kept.key))


def _stored_name(filename: str) -> str:
    """A name of its own for each upload, so that no earlier file is in the way."""
    own = "".join(one for one in filename.replace("\\", "/").rpartition("/")[2] if one.isprintable())
    return f"{secrets.token_hex(3)}-{own.lstrip('.')}"[:MAX_FILENAME]


@Page(path="/campaigns/{campaignId}/codes/check", operation=import_codes)
async def check(desk: Desk) -> Reply:
    """Checking a large file takes longer: the result comes after the page."""
    checked = await _checked(desk) if desk.whole else None
    return desk.show("import_check.html", checked=checked, **_options(desk.fields))


@Page(path="/campaigns/{campaignId}/codes/checked", operation=import_codes)
async def checked_part(desk: Desk) -> Reply:
    return desk.show("import_checked.html", checked=await _checked(desk), **_options(desk.fields))


async def _checked(desk: Desk) -> ImportBody:
    return await desk.ask(import_codes, ImportBody, body={**_body(desk.fields), "dryRun": True})


def _options(fields: Fields) -> dict[str, Any]:
    pairs = [(name, value) for name, value in fields.pairs if name in ASKED]
    return {"pairs": pairs, "asked": ASKED, "acceptable": sorted(ACCEPTABLE), "accepted": fields.all("accept")}


def _body(fields: Fields) -> dict[str, Any]:
    """The body of the operation, from the fields of the form."""
    body: dict[str, Any] = {"key": fields.one("key"), "accept": fields.all("accept")}
    if separator := fields.one("separator"):
        body["separator"] = {"tab": "\t"}.get(separator, separator)
    if header := fields.one("header"):
        body["header"] = header == "yes"
    if column := fields.one("column"):
        body["column"] = int(column) if _NUMBER.fullmatch(column) else column
    return body


@Page(path="/campaigns/{campaignId}/codes/imports", method="POST", operation=import_codes, changes=True)
async def begin(desk: Desk) -> Reply:
    """Its receipt is a page that shows how far it is."""
    headers = {"Prefer": "respond-async"}
    run = await desk.ask(import_codes, ImportBody, body=_body(desk.fields), headers=headers)
    return desk.go(desk.to("codes", "imports", run.import_id))


@Page(path="/campaigns/{campaignId}/codes/imports", operation=list_imports)
async def history(desk: Desk) -> Reply:
    found = await desk.ask(list_imports, ImportsBody, query={"limit": PAGE, **desk.fields.only("cursor")})
    return desk.show("imports.html", runs=found.imports, next=found.next)


@Page(path="/campaigns/{campaignId}/codes/imports/{importId}", operation=get_import)
async def receipt(desk: Desk) -> Reply:
    return desk.show("import.html", run=await _run(desk), may_withdraw=desk.may(withdraw_import))


@Page(path="/campaigns/{campaignId}/codes/imports/{importId}/progress", operation=get_import)
async def progress(desk: Desk) -> Reply:
    """Every second, while it runs."""
    return desk.show("import_receipt.html", run=await _run(desk), may_withdraw=desk.may(withdraw_import))


@Page(path="/campaigns/{campaignId}/codes/imports/{importId}/problems", operation=get_import)
async def problems(desk: Desk) -> Reply:
    """The receipt's problems as a file for a spreadsheet."""
    run, lines = await _run(desk), io.StringIO()
    rows = [(str(one.line), str(one.reason), guarded(str(one.detail or ""))) for one in run.problems]
    csv.writer(lines, quoting=csv.QUOTE_ALL).writerows([("line", "reason", "detail"), *rows])
    name = f'attachment; filename="problems-{run.import_id}.csv"'
    return Reply(200, lines.getvalue().encode(), "text/csv; charset=utf-8", {"Content-Disposition": name})


@Page(path="/campaigns/{campaignId}/codes/imports/{importId}/withdraw", operation=withdraw_import)
async def before_withdrawing(desk: Desk) -> Reply:
    return desk.show("import_withdraw.html", run=await _run(desk))


@Page(
    path="/campaigns/{campaignId}/codes/imports/{importId}/withdraw",
    method="POST",
    operation=withdraw_import,
    changes=True,
)
async def withdraw(desk: Desk) -> Reply:
    id = _import_id(desk)
    done = await desk.ask(withdraw_import, WithdrawnBody, path={"importId": id})
    message = text("{removed} codes were removed. {reserved} are reserved, {assigned} are assigned, and stay.")
    said = say(message, removed=done.removed, reserved=done.kept.reserved, assigned=done.kept.assigned)
    return desk.go(desk.to("codes", "imports", id), said)


async def _run(desk: Desk) -> ImportBody:
    return await desk.ask(get_import, ImportBody, path={"importId": _import_id(desk)})


def _import_id(desk: Desk) -> str:
    return str(desk.request.path_params["importId"])
