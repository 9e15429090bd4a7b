"""The search box: a campaign, a fan or a code, found exactly, in all campaigns that the token reaches."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from domain.model.ids import CampaignId, is_campaign_id
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.name_campaigns import NamedCampaign
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.request import address
from entrypoints.console.text import say, text
from entrypoints.http.codes.history import get_code_history
from entrypoints.http.entries.search import list_entries
from entrypoints.http.request.cursors import campaign_after, cursor_after
from entrypoints.http.response.answers import Reply

TOGETHER: Final = 1_000
"""Campaigns that are searched at once. Where there are more, the page leads on."""


class Hit(NamedTuple):
    kind: str
    name: str
    where: str
    """The campaign, for a fan or a code."""
    address: str


@Page(path="/search", method="POST")
async def search(desk: Desk) -> Reply:
    """By POST: a phone or a code must not stay in the history of the browser. One hit is opened at once."""
    wanted = desk.fields.one("text")[:200]
    after = campaign_after(desk.fields.one("cursor") or None)
    reaches = desk.caller.narrowing.reaches
    page = await desk.app.registrations.name_campaigns(after=after, limit=TOGETHER, reaches=reaches)
    hits = await _hits(desk, wanted, page.campaigns) if wanted else []
    if len(hits) == 1 and page.next is None and after is None:
        return desk.go(hits[0].address)
    return desk.show("search.html", text=wanted, hits=hits, next=cursor_after(page.next), searched=TOGETHER)


@Page(path="/search")
async def search_again(desk: Desk) -> Reply:
    """The address of the results, opened by itself."""
    return desk.show("search.html", text="", hits=[], next=None, searched=0)


async def _hits(desk: Desk, wanted: str, campaigns: Sequence[NamedCampaign]) -> list[Hit]:
    found = [_campaign(id, known) for id, known in campaigns if _is_named(wanted, id, known)]
    if wanted not in dict(campaigns) and (known := await _unused(desk, wanted)):
        found.append(_campaign(known.id, known))
    return [*found, *await _fans(desk, wanted, campaigns), *await _codes(desk, wanted, campaigns)]


def _is_named(wanted: str, id: CampaignId, known: Campaign | None) -> bool:
    return wanted == id or (known is not None and wanted.casefold() in known.name.casefold())


def _campaign(id: CampaignId, known: Campaign | None) -> Hit:
    return Hit(say(text("Campaign")), known.name if known else id, "", address("campaigns", id))


async def _unused(desk: Desk, wanted: str) -> Campaign | None:
    """A campaign without codes and registrations, which is where an office begins."""
    if not is_campaign_id(wanted) or not desk.caller.narrowing.reaches(wanted):
        return None
    try:
        return await desk.app.registrations.read_campaign(CampaignId(wanted))
    except CampaignNotFound:
        return None


async def _fans(desk: Desk, wanted: str, campaigns: Sequence[NamedCampaign]) -> Iterator[Hit]:
    searched = [one for one in campaigns if desk.may(list_entries, one.id)]
    found, names = await desk.app.registrations.find_fan(wanted, searched), dict(campaigns)
    return (
        Hit(say(text("Fan")), fan, _name(id, names[id]), address("campaigns", id, "fans", "one", userId=fan))
        for id, fan in found
    )


async def _codes(desk: Desk, wanted: str, campaigns: Sequence[NamedCampaign]) -> Iterator[Hit]:
    searched = [one.id for one in campaigns if desk.may(get_code_history, one.id)]
    found, names = await desk.app.codes.find(wanted, searched), dict(campaigns)
    return (
        Hit(say(text("Code")), wanted, _name(id, names[id]), address("campaigns", id, "codes", "one", code=wanted))
        for id in found
    )


def _name(id: CampaignId, known: Campaign | None) -> str:
    return known.name if known else id
