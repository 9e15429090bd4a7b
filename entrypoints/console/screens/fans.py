"""The fans of a campaign: a list with filters, and a search for one."""

from typing import Final

from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection
from domain.usecases.registrations.name_campaigns import NamedCampaign
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import text
from entrypoints.console.words import choices
from entrypoints.http.entries.search import EntriesBody, list_entries
from entrypoints.http.response.answers import Reply

FILTERS: Final = ("status", "market", "selection", "fraud", "scored")
PAGE: Final = 50


@Page(path="/campaigns/{campaignId}/fans", operation=list_entries, menu=text("Fans"))
async def fans(desk: Desk) -> Reply:
    query = {"limit": PAGE, **desk.fields.only(*FILTERS, "cursor")}
    found = await desk.ask(list_entries, EntriesBody, query=query)
    return _shown(desk, found, "")


@Page(path="/campaigns/{campaignId}/fans/find", method="POST", operation=list_entries)
async def find_fan(desk: Desk) -> Reply:
    """By POST: a phone or a mail address must not stay in the history of the browser."""
    wanted = desk.fields.one("text")
    here = [NamedCampaign(desk.campaign_id, desk.campaign)]
    ids = [one.user_id for one in await desk.app.registrations.find_fan(wanted, here)] if wanted else []
    if len(ids) == 1:
        return desk.go(desk.to("fans", "one", userId=ids[0]))
    found = [await desk.ask(list_entries, EntriesBody, query={"userId": id}) for id in ids]
    return _shown(desk, EntriesBody(entries=[one for body in found for one in body.entries], next=None), wanted)


@Page(path="/campaigns/{campaignId}/fans/find", operation=list_entries)
async def find_fan_again(desk: Desk) -> Reply:
    """The address of a search, opened by itself."""
    return desk.go(desk.to("fans"))


def _shown(desk: Desk, found: EntriesBody, wanted: str) -> Reply:
    return desk.show(
        "fans.html",
        fans=found.entries,
        next=found.next,
        wanted=wanted,
        filters=FILTERS,
        markets=desk.markets,
        statuses=choices(EntryStatus),
        selections=choices(Selection),
        frauds=choices(FraudStatus),
    )
