"""Codes for those who have a place."""

from typing import Final

from domain.model.codes.code import CodeType
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.screens.draws import ONE, draw_id, now_of
from entrypoints.console.text import say, text
from entrypoints.http.codes.counts import InventoryBody, count_codes
from entrypoints.http.draws.running import CodesGivenBody, give_draw_codes
from entrypoints.http.response.answers import Reply

CODES: Final = f"{ONE}/codes"


@Page(path=CODES, operation=give_draw_codes)
async def before_giving(desk: Desk) -> Reply:
    pools = await desk.ask(count_codes, InventoryBody) if desk.may(count_codes) else None
    types = [(str(one), str(one)) for one in CodeType]
    return desk.show("draw_codes.html", **await now_of(desk), pools=pools, types=types)


@Page(path=CODES, method="POST", operation=give_draw_codes, changes=True)
async def give(desk: Desk) -> Reply:
    body, path = {"type": desk.fields.one("type")}, {"drawId": draw_id(desk)}
    done = await desk.ask(give_draw_codes, CodesGivenBody, path=path, body=body)
    message = text("Codes given: {given}. Fans with a place who still have none: {waiting}.")
    return desk.go(desk.to("draws", "one", draw_id(desk)), say(message, given=done.given, waiting=done.waiting))
