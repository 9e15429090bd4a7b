"""Aborting, running and filling a draw. Each says before what it will do."""

from collections.abc import Mapping
from typing import Any, Final

from domain.model.errors import DomainError
from domain.usecases.draws.fill_draw import FillDrawCommand
from entrypoints.console.desk import Desk
from entrypoints.console.draw_form import PLACES, places_of
from entrypoints.console.page import Page
from entrypoints.console.refusing import refusal_of
from entrypoints.console.screens.draws import ONE, draw_id, now_of
from entrypoints.console.text import say, text
from entrypoints.http.draws.announcing import abort_draw
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.draws.running import FilledBody, fill_draw, run_draw
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem

RUN: Final = f"{ONE}/run"
ABORT: Final = f"{ONE}/abort"
FILL: Final = f"{ONE}/fill"


@Page(path=ABORT, operation=abort_draw)
async def before_aborting(desk: Desk) -> Reply:
    return desk.show("draw_abort.html", **await now_of(desk))


@Page(path=ABORT, method="POST", operation=abort_draw, changes=True)
async def abort(desk: Desk) -> Reply:
    draw = await desk.ask(abort_draw, DrawBody, path={"drawId": draw_id(desk)})
    return desk.go(_here(desk), say(text("Draw {number} is aborted."), number=draw.number))


@Page(path=RUN, operation=run_draw)
async def before_running(desk: Desk) -> Reply:
    return await _run_form(desk)


@Page(path=RUN, method="POST", operation=run_draw, changes=True)
async def run(desk: Desk) -> Reply:
    """The page of the draw shows how far it is."""
    typed = desk.fields.one("randomness")
    body = {"randomness": "".join(typed.split())} if typed else {}
    path, headers = {"drawId": draw_id(desk)}, {"Prefer": "respond-async"}
    try:
        await desk.ask(run_draw, DrawBody, path=path, body=body, headers=headers)
    except (DomainError, Problem) as error:
        return await _run_form(desk, refusal_of(error))
    return desk.go(_here(desk))


async def _run_form(desk: Desk, problem: Problem | None = None) -> Reply:
    status = problem.status if problem else 200
    return desk.show("draw_run.html", status, **await now_of(desk), problem=problem)


@Page(path=FILL, operation=fill_draw)
async def before_filling(desk: Desk) -> Reply:
    """The places to add, and what filling would do with them now."""
    shown: dict[str, Any] = {"problem": None, "added": {}, "foreseen": None, **await now_of(desk)}
    pairs = [pair for pair in desk.fields.pairs if pair[0].startswith(PLACES)]
    try:
        shown["added"] = places_of(desk.fields)
        shown["foreseen"] = await desk.app.draws.fill.foresee(_filling(desk, shown["added"]))
    except (DomainError, Problem) as error:
        shown["problem"] = refusal_of(error)
    status = shown["problem"].status if shown["problem"] else 200
    return desk.show("draw_fill.html", status, **shown, pairs=pairs)


def _filling(desk: Desk, added: Mapping[str, int]) -> FillDrawCommand:
    return FillDrawCommand(campaign_id=desk.campaign_id, draw_id=draw_id(desk), places=added)


@Page(path=FILL, method="POST", operation=fill_draw, changes=True)
async def fill(desk: Desk) -> Reply:
    added = places_of(desk.fields)
    path = {"drawId": draw_id(desk)}
    filled = await desk.ask(fill_draw, FilledBody, path=path, body={"places": added} if added else {})
    message = text("Fans who waited and got a place now: {offered}.")
    return desk.go(_here(desk), say(message, offered=sum(filled.offered.values())))


def _here(desk: Desk) -> str:
    return desk.to("draws", "one", draw_id(desk))
