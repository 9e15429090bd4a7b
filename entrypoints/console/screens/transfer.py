"""Moving registrations from one market to another."""

from typing import Any, Final

import msgspec

from domain.model.errors import DomainError
from entrypoints.console.desk import Desk
from entrypoints.console.outcome import FIELD, opened, sealed
from entrypoints.console.page import Page
from entrypoints.console.pasted import pasted_ids
from entrypoints.console.refusing import refusal_of
from entrypoints.console.text import text
from entrypoints.http.entries.administration import TransferBody, transfer_entries
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, Problem, invalid

ROOT: Final = "/campaigns/{campaignId}/transfer"
ASKED: Final = ("from", "to", "userIds")


class Moved(msgspec.Struct):
    """What came of it."""

    source: str
    target: str
    listed: int
    """Ids that were pasted; 0: it was about all fans."""
    result: TransferBody


@Page(path=ROOT, operation=transfer_entries, menu=text("Transfer"))
async def transfer(desk: Desk) -> Reply:
    return await _form(desk, opened(desk.token, desk.fields.one(FIELD), Moved))


@Page(path=f"{ROOT}/preview", method="POST", operation=transfer_entries)
async def preview(desk: Desk) -> Reply:
    """Nothing changes yet: how many of what is named. What is refused can be corrected."""
    try:
        return await _previewed(desk)
    except (DomainError, Problem) as error:
        return await _form(desk, None, refusal_of(error))


async def _previewed(desk: Desk) -> Reply:
    body = _body(desk)
    would = await desk.ask(transfer_entries, TransferBody, body={**body, "dryRun": True})
    fields = [(name, value) for name, value in desk.fields.pairs if name in ASKED]
    moved = _moved(body, would)
    return desk.show("transfer_preview.html", moved=moved, would=would, fields=fields)


@Page(path=f"{ROOT}/preview", operation=transfer_entries)
async def preview_again(desk: Desk) -> Reply:
    """The address of a preview, opened by itself."""
    return desk.go(desk.to("transfer"))


@Page(path=f"{ROOT}/move", method="POST", operation=transfer_entries, changes=True)
async def move(desk: Desk) -> Reply:
    body = _body(desk)
    moved = _moved(body, await desk.ask(transfer_entries, TransferBody, body=body))
    seal = sealed(desk.token, moved)
    return desk.go(f"{desk.to('transfer')}?{FIELD}={seal}") if seal else await _form(desk, moved)


async def _form(desk: Desk, moved: Moved | None, problem: Problem | None = None) -> Reply:
    status = problem.status if problem else 200
    return desk.show("transfer.html", status, moved=moved, markets=desk.markets, problem=problem)


def _body(desk: Desk) -> dict[str, Any]:
    """Of the operation. Without a list, it is about all fans who chose the market. Raises a 422 Problem."""
    body: dict[str, Any] = {name: desk.fields.one(name) for name in ("from", "to")}
    for name, value in body.items():
        if not value:
            raise invalid(FieldProblem(f"/{name}", "is missing: choose a market"))
    ids = pasted_ids(desk.fields.one("userIds"))
    return {**body, "userIds": ids} if ids else body


def _moved(body: dict[str, Any], result: TransferBody) -> Moved:
    return Moved(source=body["from"], target=body["to"], listed=len(body.get("userIds", ())), result=result)
