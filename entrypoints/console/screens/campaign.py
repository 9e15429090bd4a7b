"""One campaign, live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.timeline import TimeUnit
from entrypoints.console.attention import attention
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import say, text
from entrypoints.http.background import OperationsBody, read_operations
from entrypoints.http.codes.counts import InventoryBody, count_codes
from entrypoints.http.entries.counting import EntryCountBody, count_entries
from entrypoints.http.entries.timeline import TimelineBody, read_timeline
from entrypoints.http.parked import ParkedBody, list_parked
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.response.problems import Problem
from entrypoints.http.response.refusals import problem_of

UNITS: Final = {
    TimeUnit.MINUTE: text("by minute, one day"),
    TimeUnit.HOUR: text("by hour, one week"),
    TimeUnit.DAY: text("by day, one year"),
}
MANY_PARKED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """None: the token may not see it."""

    entries: EntryCountBody | Problem | None
    codes: InventoryBody | None
    wrong: list[tuple[str, str]] | None
    """In sentences, each with the address of the page that says more."""


@Page(path="/campaigns/{campaignId}", menu=text("Overview"))
async def overview(desk: Desk) -> Reply:
    """The counts of a large campaign take longer, so they come after the page."""
    shows_chart = desk.may(read_timeline)
    now = await _now(desk) if desk.whole else None
    points = (await _timeline(desk)).points if desk.whole and shows_chart else None
    return desk.show(
        "campaign.html", now=now, points=points, shows_chart=shows_chart, unit=_unit(desk), units=UNITS
    )


@Page(path="/campaigns/{campaignId}/now")
async def now_part(desk: Desk) -> Reply:
    """Again every few seconds."""
    return desk.show("campaign_now.html", now=await _now(desk))


@Page(path="/campaigns/{campaignId}/over-time", operation=read_timeline)
async def over_time(desk: Desk) -> Reply:
    found = await _timeline(desk)
    return desk.show("campaign_over_time.html", points=found.points, unit=_unit(desk), units=UNITS)


@Page(path="/campaigns/{campaignId}/timeline", operation=read_timeline)
async def timeline(desk: Desk) -> Reply:
    """For the chart, again every few seconds."""
    points = (await _timeline(desk)).points
    series = [[point.created for point in points], [point.confirmed for point in points]]
    times = [datetime.fromisoformat(point.at).timestamp() for point in points]
    return json_answer({"names": [say(text("registered")), say(text("confirmed"))], "data": [times, *series]})


def _unit(desk: Desk) -> str:
    return desk.fields.one("unit") or TimeUnit.HOUR


async def _timeline(desk: Desk) -> TimelineBody:
    return await desk.ask(read_timeline, TimelineBody, query={"unit": _unit(desk)})


async def _now(desk: Desk) -> Now:
    return Now(
        entries=await _entries(desk) if desk.may(count_entries) else None,
        codes=await desk.ask(count_codes, InventoryBody) if desk.may(count_codes) else None,
        wrong=await _wrong(desk) if desk.may(read_operations) or desk.may(list_parked) else None,
    )


async def _entries(desk: Desk) -> EntryCountBody | Problem:
    """A campaign that campaign-service does not know may still have codes to show."""
    try:
        return await desk.ask(count_entries, EntryCountBody)
    except CampaignNotFound as error:
        return problem_of(error)


async def _wrong(desk: Desk) -> list[tuple[str, str]]:
    """Of the whole service; and of this campaign, where the token may see that."""
    found: list[tuple[str, str]] = []
    if desk.may(read_operations):
        wrong = attention(await desk.ask(read_operations, OperationsBody))
        found += [(one.sentence, "/console/operations") for one in wrong]
    if desk.may(list_parked):
        query = {"campaignId": desk.campaign_id, "limit": MANY_PARKED}
        page = await desk.ask(list_parked, ParkedBody, query=query)
        if page.events:
            all_of_them = text("Of this campaign, {parked} messages are parked.")
            said = text("Of this campaign, more than {parked} messages are parked.") if page.next else all_of_them
            found.append((say(said, parked=len(page.events)), desk.to("parked")))
    return found
