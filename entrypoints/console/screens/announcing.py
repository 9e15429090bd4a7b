"""Setting a draw up, the preview, the announcement."""

from typing import Any, Final

from domain.model.draws.beacons import ManualBeacon
from domain.model.errors import DomainError
from domain.model.registrations.entry import FraudStatus
from domain.usecases.draws.announce_draw import AnnounceDrawCommand, ForeseenDraw
from entrypoints.console.desk import Desk
from entrypoints.console.draw_form import PLACES, pairs_of, query_of, rules_of
from entrypoints.console.page import Page
from entrypoints.console.refusing import refusal_of
from entrypoints.console.screens.draws import ROOT
from entrypoints.console.text import say, text
from entrypoints.console.words import choices
from entrypoints.http.draws.announcing import announce_draw
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem

NEW: Final = f"{ROOT}/new"


@Page(path=NEW, operation=announce_draw)
async def set_up(desk: Desk) -> Reply:
    return _form(desk)


@Page(path=f"{ROOT}/preview", operation=announce_draw)
async def preview(desk: Desk) -> Reply:
    """Nothing is announced yet. Counting the fans of a large campaign takes longer: it comes after the page."""
    try:
        command = _command(desk)
        await desk.app.draws.announce.check(command)
        foreseen = await _foreseen(command, desk) if desk.whole else None
    except (DomainError, Problem) as error:
        return _form(desk, refusal_of(error))
    return desk.show(
        "draw_preview.html",
        rules=command,
        foreseen=foreseen,
        manual=isinstance(command.beacon, ManualBeacon),
        notice=int(desk.app.draws.announce.notice.total_seconds() // 60),
        pairs=pairs_of(desk.fields),
        query=query_of(desk.fields),
    )


@Page(path=f"{ROOT}/counted", operation=announce_draw)
async def counted_part(desk: Desk) -> Reply:
    command = _command(desk)
    return desk.show("draw_counted.html", rules=command, foreseen=await _foreseen(command, desk))


@Page(path=ROOT, method="POST", operation=announce_draw, changes=True)
async def announce(desk: Desk) -> Reply:
    try:
        draw = await desk.ask(announce_draw, DrawBody, body=rules_of(desk.fields))
    except (DomainError, Problem) as error:
        return _form(desk, refusal_of(error))
    message = text("Draw {number} is announced. Publish its announcement before the randomness is known.")
    return desk.go(desk.to("draws", "one", draw.draw_id), say(message, number=draw.number))


def _command(desk: Desk) -> AnnounceDrawCommand:
    given: Any = desk.call(announce_draw, body=rules_of(desk.fields)).given
    command: AnnounceDrawCommand = given.command(desk.campaign_id)
    return command


async def _foreseen(command: AnnounceDrawCommand, desk: Desk) -> ForeseenDraw:
    return await desk.app.draws.announce.foresee(command)


def _form(desk: Desk, problem: Problem | None = None) -> Reply:
    offered = [str(market) for market in desk.campaign.markets] if desk.campaign else []
    typed = [name.removeprefix(PLACES) for name, _ in desk.fields.pairs if name.startswith(PLACES)]
    beacon = desk.app.draws.announce.beacon.configured
    return desk.show(
        "draw_new.html",
        problem.status if problem else 200,
        markets=list(dict.fromkeys([*offered, *typed])),
        frauds=choices(FraudStatus),
        by_drand=beacon,
        problem=problem,
    )
