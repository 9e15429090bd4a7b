"""The eligible fans, by score, market and rank."""

import asyncio
from typing import Any, Final

from litestar.response import Stream

from domain.model.errors import DomainError
from domain.model.registrations.entry import Selection
from domain.model.registrations.scoring import MAX_SCORE
from entrypoints.console.charts import WIDTH
from entrypoints.console.desk import Desk
from entrypoints.console.downloads import download
from entrypoints.console.page import Page
from entrypoints.console.refusing import refusal_of
from entrypoints.console.text import text
from entrypoints.console.words import choices
from entrypoints.http.entries.administration import MAX_USERS, select_entries
from entrypoints.http.entries.eligibility import (
    EligibilityBody,
    EligibilityQuery,
    RankingBody,
    count_eligible,
    rank_eligible,
)
from entrypoints.http.entries.histogram import HistogramBody, read_histogram
from entrypoints.http.request.negotiation import CSV, NDJSON
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem

FILTERS: Final = ("minScore", "maxScore", "market", "maxRank", "selection")
PAGE: Final = 25
BINS: Final = 20
FORMATS: Final = {"csv": CSV, "ndjson": NDJSON}


@Page(path="/campaigns/{campaignId}/eligible", operation=count_eligible, menu=text("Eligible"))
async def eligible(desk: Desk) -> Reply:
    """Counts of large campaigns take longer: they come after the page, and again with each filter that is set."""
    if desk.partly:
        return await _part(desk)
    found = await _found(desk) if desk.whole else None
    return shown(desk, found)


@Page(path="/campaigns/{campaignId}/eligible/export", operation=rank_eligible)
async def export(desk: Desk) -> Stream:
    """Exactly what is filtered, over all pages."""
    format = desk.fields.one("format") if desk.fields.one("format") in FORMATS else "csv"
    name = f"eligible-{desk.campaign_id}.{format}"
    headers = {"Accept": FORMATS[format]}
    return await download(desk, rank_eligible, name, query=desk.fields.only(*FILTERS), headers=headers)


def shown(desk: Desk, found: dict[str, Any] | None, problem: Problem | None = None) -> Reply:
    """With a problem: of the pasted list, which is not lost."""
    status, pasted = (problem.status, desk.fields.one("userIds")) if problem else (200, "")
    return desk.show("eligible.html", status, **_form(desk), found=found, problem=problem, pasted=pasted)


async def _part(desk: Desk) -> Reply:
    """A filter that is refused is told in the place of the counts: htmx shows only good answers."""
    try:
        return desk.show("eligible_found.html", **_form(desk), found=await _found(desk))
    except (DomainError, Problem) as error:
        return desk.show("eligible_refused.html", problem=refusal_of(error))


def _form(desk: Desk) -> dict[str, Any]:
    offered = [str(market) for market in desk.campaign.markets] if desk.campaign else []
    chosen = desk.fields.all("market")
    return {
        "filters": FILTERS,
        "markets": list(dict.fromkeys([*offered, *chosen])),
        "selections": choices(Selection),
        "chosen_selections": desk.fields.all("selection") or [Selection.NONE.value],
        "may_select": desk.may(select_entries),
        "most": MAX_USERS,
    }


async def _found(desk: Desk) -> dict[str, Any]:
    query = desk.fields.only(*FILTERS)
    given: EligibilityQuery = desk.call(count_eligible, query=query).given
    whole = {name: values for name, values in query.items() if name not in ("minScore", "maxScore")}
    counted, histogram, page = await asyncio.gather(
        desk.ask(count_eligible, EligibilityBody, query=query),
        desk.ask(read_histogram, HistogramBody, query={**whole, "bins": BINS}),
        desk.ask(rank_eligible, RankingBody, query={**query, **desk.fields.only("cursor"), "limit": PAGE}),
    )
    return {
        "counted": counted,
        "bins": [(f"{one.from_:g}\u2013{one.to:g}", one.eligible) for one in histogram.bins],
        "low": given.min_score,
        "high": given.max_score,
        "marks": [round(score / MAX_SCORE * WIDTH) for score in (given.min_score, given.max_score)],
        "fans": page.records,
        "next": page.next,
    }
