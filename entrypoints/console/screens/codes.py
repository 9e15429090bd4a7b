"""The codes of a campaign. Counts, one code, the list and its export."""

from typing import Any, Final

from litestar.response import Stream

from domain.model.codes.code import CodeStatus, CodeType
from entrypoints.console.desk import Desk
from entrypoints.console.downloads import download
from entrypoints.console.page import Page
from entrypoints.console.text import say, text
from entrypoints.console.words import choices
from entrypoints.http.codes.assignments import ReleaseBody, release_codes
from entrypoints.http.codes.catalogue import PageBody, list_codes
from entrypoints.http.codes.counts import InventoryBody, count_codes
from entrypoints.http.codes.history import HistoryBody, get_code_history
from entrypoints.http.codes.imports import ImportsBody, import_codes, list_imports
from entrypoints.http.request.negotiation import CSV
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, invalid

FILTERS: Final = ("prefix", "type", "status", "userId", "importId", "reserveId")
PAGE: Final = 100
LATEST: Final = 10


@Page(path="/campaigns/{campaignId}/codes", operation=list_codes, menu=text("Codes"))
async def codes(desk: Desk) -> Reply:
    runs = (await desk.ask(list_imports, ImportsBody, query={"limit": LATEST})).imports
    pools = await desk.ask(count_codes, InventoryBody) if desk.whole else None
    return desk.show("codes.html", runs=runs, pools=pools, may_import=desk.may(import_codes), types=_types())


@Page(path="/campaigns/{campaignId}/codes/pools", operation=count_codes)
async def pools(desk: Desk) -> Reply:
    """Counting many codes takes longer: it comes after the page."""
    return desk.show("codes_pools.html", pools=await desk.ask(count_codes, InventoryBody))


@Page(path="/campaigns/{campaignId}/codes/list", operation=list_codes)
async def listed(desk: Desk) -> Reply:
    query = {"limit": PAGE, **desk.fields.only(*FILTERS, "cursor")}
    found = await desk.ask(list_codes, PageBody, query=query)
    shown: dict[str, Any] = {"filters": FILTERS, "types": _types(), "statuses": choices(CodeStatus)}
    return desk.show("codes_list.html", codes=found.codes, next=found.next, **shown)


@Page(path="/campaigns/{campaignId}/codes/export", operation=list_codes)
async def export(desk: Desk) -> Stream:
    """Exactly what is filtered, over all pages."""
    name = f"codes-{desk.campaign_id}.csv"
    return await download(desk, list_codes, name, query=desk.fields.only(*FILTERS), headers={"Accept": CSV})


@Page(path="/campaigns/{campaignId}/codes/one", operation=get_code_history)
async def one(desk: Desk) -> Reply:
    """Its life, and who has it."""
    code = _code(desk)
    life = await desk.ask(get_code_history, HistoryBody, query={"code": code})
    found = (await desk.ask(list_codes, PageBody, query={"code": code})).codes
    return desk.show("code.html", life=life, code=found[0], may_release=desk.may(release_codes))


@Page(path="/campaigns/{campaignId}/codes/release", operation=get_code_history)
async def before_release(desk: Desk) -> Reply:
    """What it will do, before it is done."""
    desk.call(release_codes, body={"reserveId": "only to ask if it is allowed"})
    found = (await desk.ask(list_codes, PageBody, query={"code": _code(desk)})).codes
    return desk.show("code_release.html", code=found[0] if found else None)


@Page(path="/campaigns/{campaignId}/codes/release", method="POST", operation=release_codes, changes=True)
async def release(desk: Desk) -> Reply:
    code = _code(desk)
    body = {"reserveId": desk.fields.one("reserveId"), "codes": [code]}
    done = await desk.ask(release_codes, ReleaseBody, body=body)
    said = text("The code is available again.") if done.released else text("The code was not held any more.")
    return desk.go(desk.to("codes", "one", code=code), say(said))


def _code(desk: Desk) -> str:
    code = desk.fields.one("code")
    if not code:
        raise invalid(FieldProblem("/code", text("is missing: type the whole code")))
    return code


def _types() -> list[tuple[str, str]]:
    return [(type.value, type.value) for type in CodeType]
