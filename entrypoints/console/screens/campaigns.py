"""The campaigns at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.registrations.campaigns import CampaignStatus
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import text
from entrypoints.http.campaigns import CampaignBody, CampaignsBody, list_campaigns
from entrypoints.http.codes.counts import CountsBody, InventoryBody, count_codes
from entrypoints.http.entries.counting import EntryCountBody, count_entries
from entrypoints.http.response.answers import Reply

PAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What cannot be known, or may not be seen, is None."""

    id: str
    name: str | None = None
    status: CampaignStatus | None = None
    opens_at: str | None = None
    closes_at: str | None = None
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
    return desk.show("campaigns.html", campaigns=rows, next=next, may_list=desk.may(list_campaigns))


@Page(path="/table")
async def table(desk: Desk) -> Reply:
    rows, next = await _rows(desk)
    return desk.show("campaigns_table.html", campaigns=rows, next=next, may_list=desk.may(list_campaigns))


async def _rows(desk: Desk) -> tuple[list[Row], str | None]:
    """A token without the scope for reading lists none: it may name those that it is for."""
    if not desk.may(list_campaigns):
        return [await _named(desk, id) for id in _named_by(desk)], None
    found = await desk.ask(list_campaigns, CampaignsBody, query={"limit": PAGE, **desk.fields.only("cursor")})
    return [await _listed(desk, one) for one in found.campaigns], found.next


def _named_by(desk: Desk) -> list[str]:
    """A pattern such as ``tour-*`` names no campaign: the search box opens those."""
    return [id for id in desk.caller.narrowing.campaigns or () if not id.endswith("*")]


async def _listed(desk: Desk, one: CampaignBody) -> Row:
    return Row(
        id=one.id,
        name=one.name,
        status=one.status,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        left=await _left(desk, one.id) if one.codes.total else [],
        total=one.registrations.total,
        confirmed=one.registrations.confirmed,
    )


async def _named(desk: Desk, id: str) -> Row:
    if not desk.may(count_entries, id):
        return Row(id=id, left=await _left(desk, id), total=None, confirmed=None)
    counted = await desk.ask(count_entries, EntryCountBody, campaign_id=id)
    confirmed = counted.by_status.get("confirmed", 0)
    return Row(id=id, left=await _left(desk, id), total=counted.total, confirmed=confirmed)


async def _left(desk: Desk, id: str) -> list[tuple[str, CountsBody]] | None:
    if not desk.may(count_codes, id):
        return None
    inventory = await desk.ask(count_codes, InventoryBody, campaign_id=id)
    return [(type, counts) for type, counts in inventory.types.items() if counts.total]
