"""The campaigns at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign, CampaignStatus
from domain.model.registrations.errors import CampaignNotFound
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import text
from entrypoints.http.campaigns import CampaignBody, CampaignsBody, list_campaigns
from entrypoints.http.codes.counts import CountsBody, InventoryBody, count_codes
from entrypoints.http.entries.counting import EntryCountBody, count_entries
from entrypoints.http.request.cursors import campaign_after, cursor_after
from entrypoints.http.response.answers import Reply

PAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What cannot be known, or may not be seen, is None."""

    id: str
    name: str | None = None
    status: CampaignStatus | None = None
    opens_at: str | datetime | None = None
    closes_at: str | datetime | None = None
    left: Sequence[tuple[str, CountsBody]] | None
    """By type; only types that have codes."""
    total: int | None
    confirmed: int | None


@Page(path="", menu=text("Campaigns"))
async def overview(desk: Desk) -> Reply:
    """The counts of large campaigns take longer, so the table comes after the page."""
    if not desk.whole:
        return desk.show("campaigns.html", campaigns=None)
    rows, next = await _rows(desk)
    return desk.show("campaigns.html", campaigns=rows, next=next)


@Page(path="/table")
async def table(desk: Desk) -> Reply:
    rows, next = await _rows(desk)
    return desk.show("campaigns_table.html", campaigns=rows, next=next)


async def _rows(desk: Desk) -> tuple[list[Row], str | None]:
    if not desk.may(list_campaigns):
        return await _reached(desk)
    found = await desk.ask(list_campaigns, CampaignsBody, query={"limit": PAGE, **desk.fields.only("cursor")})
    return [_listed(one) for one in found.campaigns], found.next


def _listed(one: CampaignBody) -> Row:
    return Row(
        id=one.id,
        name=one.name,
        status=one.status,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        left=_left(one.codes_by_type),
        total=one.registrations.total,
        confirmed=one.registrations.confirmed,
    )


async def _reached(desk: Desk) -> tuple[list[Row], str | None]:
    """A token without the scope for reading sees the campaigns that it reaches, and of each what it may see.

    Those that it names come first, also without codes and registrations: there an office begins.
    """
    after, reaches = campaign_after(desk.fields.one("cursor") or None), desk.caller.narrowing.reaches
    named = [CampaignId(id) for id in desk.caller.narrowing.campaigns or () if not id.endswith("*")]

    def unnamed(campaign: CampaignId) -> bool:
        return reaches(campaign) and campaign not in named

    page = await desk.app.registrations.name_campaigns(after=after, limit=PAGE, reaches=unnamed)
    first = [] if after else [(id, await _known(desk, id)) for id in dict.fromkeys(named)]
    rows = [await _row(desk, id, known) for id, known in (*first, *page.campaigns)]
    return rows, cursor_after(page.next)


async def _known(desk: Desk, id: CampaignId) -> Campaign | None:
    try:
        return await desk.app.registrations.read_campaign(id)
    except CampaignNotFound:
        return None


async def _row(desk: Desk, id: CampaignId, known: Campaign | None) -> Row:
    counted = None
    if known and desk.may(count_entries, id):
        counted = await desk.ask(count_entries, EntryCountBody, campaign_id=id)
    codes = await desk.ask(count_codes, InventoryBody, campaign_id=id) if desk.may(count_codes, id) else None
    return Row(
        id=id,
        name=known.name if known else None,
        status=known.status if known else None,
        opens_at=known.opens_at if known else None,
        closes_at=known.closes_at if known else None,
        left=_left(codes.types) if codes else None,
        total=counted.total if counted else None,
        confirmed=counted.by_status.get("confirmed", 0) if counted else None,
    )


def _left(types: Mapping[str, CountsBody]) -> list[tuple[str, CountsBody]]:
    return [(type, counts) for type, counts in types.items() if counts.total]
