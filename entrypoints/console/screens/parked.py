"""Parked messages: those that were refused too often, and putting them back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from entrypoints.console.desk import Desk
from entrypoints.console.outcome import FIELD, opened, sealed
from entrypoints.console.page import Page
from entrypoints.http.parked import MAX_IDS, ParkedBody, ParkedMessageBody, RetriedBody, list_parked, retry_parked
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, invalid

PAGE: Final = 100
FILTER: Final = "campaignId"


@Page(path="/operations/parked", operation=list_parked)
async def parked(desk: Desk) -> Reply:
    done = opened(desk.token, desk.fields.one(FIELD), RetriedBody)
    return await _shown(desk, desk.campaign_id or desk.fields.one(FILTER), done)


parked_of_campaign: Final = replace(parked, path="/campaigns/{campaignId}/parked")


@Page(path="/operations/parked/preview", method="POST", operation=retry_parked)
async def preview(desk: Desk) -> Reply:
    """Nothing changes yet: what would be put back is named."""
    chosen, campaign = set(desk.fields.all("id")), desk.fields.one(FILTER)
    everything = desk.fields.one("what") == "all"
    if not everything and not chosen:
        raise invalid(FieldProblem("", "choose the messages first: no box is ticked"))
    found = await _found(desk, campaign, MAX_IDS)
    messages = [one for one in found if everything or one.id in chosen]
    return desk.show(
        "parked_retry.html",
        messages=messages,
        everything=everything and not campaign,
        first=everything and len(found) == MAX_IDS,
        gone=0 if everything else len(chosen) - len(messages),
        back=_back(campaign),
    )


@Page(path="/operations/parked/preview")
async def preview_again(desk: Desk) -> Reply:
    """The address of a preview, opened by itself."""
    return desk.go(_back(""))


@Page(path="/operations/parked/retry", method="POST", operation=retry_parked, changes=True)
async def retry(desk: Desk) -> Reply:
    body = {"all": True} if desk.fields.one("all") else {"ids": desk.fields.one("ids").split()}
    done = await desk.ask(retry_parked, RetriedBody, body=body)
    seal = sealed(desk.token, done)
    return desk.go(f"{_back('')}?{FIELD}={seal}") if seal else await _shown(desk, "", done)


async def _shown(desk: Desk, campaign: str, done: RetriedBody | None) -> Reply:
    query = {FILTER: campaign, "limit": PAGE, **desk.fields.only("cursor")}
    found = await desk.ask(list_parked, ParkedBody, query=query)
    return desk.show(
        "parked.html",
        messages=found.events,
        next=found.next,
        campaign=campaign,
        done=done,
        may_retry=desk.may(retry_parked, ""),
    )


async def _found(desk: Desk, campaign: str, limit: int) -> Sequence[ParkedMessageBody]:
    query = {FILTER: campaign, "limit": limit}
    return (await desk.ask(list_parked, ParkedBody, query=query)).events


def _back(campaign: str) -> str:
    return "/console/operations/parked" + (f"?{urlencode({FILTER: campaign})}" if campaign else "")
