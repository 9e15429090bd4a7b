"""The draws of a campaign, one of them, and its files."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from litestar.response import Stream

from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.ids import DrawId
from domain.model.registrations.markets import MarketId
from entrypoints.console.announcement import announcement, published_at, remaining, round_address
from entrypoints.console.desk import Desk
from entrypoints.console.downloads import download
from entrypoints.console.page import Page
from entrypoints.console.text import text
from entrypoints.http.draws.announcing import abort_draw, announce_draw
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.draws.reading import DrawsBody, export_draw_list, export_draw_results, list_draws
from entrypoints.http.draws.running import fill_draw, give_draw_codes, run_draw
from entrypoints.http.entries.search import list_entries
from entrypoints.http.response.answers import Reply

ROOT: Final = "/campaigns/{campaignId}/draws"
ONE: Final = f"{ROOT}/one/{{drawId}}"
PAGE: Final = 25
SOON: Final = 120
"""Seconds before the round, from which on the countdown moves every second."""


@Page(path=ROOT, operation=export_draw_list, menu=text("Draws"))
async def draws(desk: Desk) -> Reply:
    found = await desk.ask(list_draws, DrawsBody, query={"limit": PAGE, **desk.fields.only("cursor")})
    times = [published_at(draw) for draw in found.draws]
    return desk.show(
        "draws.html", draws=list(zip(found.draws, times, strict=True)), next=found.next, may=may(desk)
    )


@Page(path=ONE, operation=export_draw_list)
async def draw(desk: Desk) -> Reply:
    now = await now_of(desk)
    waiting = await _waiting(desk) if desk.whole and now["result_stands"] else None
    said = announcement(now["draw"], now["round_address"])
    return desk.show("draw.html", **now, announcement=said, waiting=waiting)


@Page(path=f"{ONE}/now", operation=export_draw_list)
async def now_part(desk: Desk) -> Reply:
    """Again and again, until the round is published, and while the draw runs."""
    return desk.show("draw_now.html", **await now_of(desk))


@Page(path=f"{ONE}/waitlists", operation=export_draw_list)
async def waitlists(desk: Desk) -> Reply:
    """Counting many fans takes longer: it comes after the page."""
    shown: dict[str, Any] = {"waiting": await _waiting(desk), "may": may(desk)}
    return desk.show("draw_waitlists.html", **shown)


async def _waiting(desk: Desk) -> Mapping[MarketId, int]:
    """Raises DrawNotFound."""
    return await desk.app.draws.count_waitlists(desk.campaign_id, draw_id(desk))


@Page(path=f"{ONE}/announcement", operation=export_draw_list)
async def announced(desk: Desk) -> Reply:
    found = await read(desk)
    said = announcement(DrawBody.of(found), _round_address(desk, found))
    return _file(f"draw-{found.number}.txt", said.encode(), "text/plain; charset=utf-8")


@Page(path=f"{ONE}/manifest", operation=export_draw_list)
async def manifest(desk: Desk) -> Reply:
    """The very bytes that the digest is of."""
    found = (await read(desk)).manifest
    return _file(f"manifest-{found.number}.json", found.encode(), "application/json")


@Page(path=f"{ONE}/list", operation=export_draw_list)
async def listed(desk: Desk) -> Stream:
    return await download(desk, export_draw_list, f"list-{draw_id(desk)}.csv", path={"drawId": draw_id(desk)})


@Page(path=f"{ONE}/results", operation=export_draw_results)
async def results(desk: Desk) -> Stream:
    name = f"results-{draw_id(desk)}.csv"
    return await download(desk, export_draw_results, name, path={"drawId": draw_id(desk)})


def may(desk: Desk) -> dict[str, bool]:
    """What of draws the token allows."""
    operations = {
        "announce": announce_draw,
        "abort": abort_draw,
        "run": run_draw,
        "fill": fill_draw,
        "codes": give_draw_codes,
        "search": list_entries,
    }
    return {name: desk.may(operation) for name, operation in operations.items()}


def draw_id(desk: Desk) -> DrawId:
    return DrawId(str(desk.request.path_params["drawId"]))


async def read(desk: Desk) -> Draw:
    """Raises DrawNotFound."""
    return await desk.app.draws.read(desk.campaign_id, draw_id(desk))


async def now_of(desk: Desk) -> dict[str, Any]:
    """How far the draw is. Raises DrawNotFound."""
    found = await read(desk)
    body = DrawBody.of(found)
    at = published_at(body)
    seconds = _seconds_until(at)
    return {
        "draw": body,
        "places": found.places,
        "filling": found.filling,
        "result_stands": found.status is DrawStatus.DRAWN and not found.filling,
        "filled": sum((Counter(filling.offered) for filling in found.fillings), Counter[MarketId]()),
        "applied": min(found.applied * CHUNK_LINES, body.entrants),
        "published_at": at,
        "round_address": _round_address(desk, found),
        "seconds": seconds,
        "remaining": remaining(seconds),
        "every": 1 if seconds < SOON else 10,
        "may": may(desk),
    }


def _round_address(desk: Desk, draw: Draw) -> str:
    return round_address(draw, desk.app.draws.announce.beacon)


def _seconds_until(at: datetime | None) -> int:
    """Until the round is published. 0: it is published, or there is none."""
    return 0 if at is None else max(0, -int((datetime.now(UTC) - at).total_seconds() // 1))


def _file(name: str, content: bytes, media: str) -> Reply:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Reply(200, content, media, headers)
