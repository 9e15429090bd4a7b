"""The search box: a campaign, a fan or a code, found exactly, in all campaigns that the token reaches."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Final, NamedTuple, TypeVar

from domain.model.errors import DomainError
from domain.model.ids import CampaignId, is_campaign_id, is_user_id
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.request import address
from entrypoints.console.text import say, text
from entrypoints.http.codes.history import HistoryBody, get_code_history
from entrypoints.http.entries.search import EntriesBody, list_entries
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem
from entrypoints.http.response.refusals import problem_of

T = TypeVar("T")
MOST_CAMPAIGNS: Final = 100
FEWEST_DIGITS: Final = 5
"""Of a phone."""
_REFUSED: Final = range(400, 500)


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
    named = await desk.app.registrations.name_campaigns(MOST_CAMPAIGNS)
    reached = [(id, known) for id, known in named if desk.caller.narrowing.reaches(id)]
    hits = [hit async for hit in _hits(desk, wanted, reached)] if wanted else []
    if len(hits) == 1:
        return desk.go(hits[0].address)
    return desk.show("search.html", text=wanted, hits=hits, all=len(named) < MOST_CAMPAIGNS)


@Page(path="/search")
async def search_again(desk: Desk) -> Reply:
    """The address of the results, opened by itself."""
    return desk.show("search.html", text="", hits=[], all=True)


async def _hits(
    desk: Desk, wanted: str, reached: Sequence[tuple[CampaignId, Campaign | None]]
) -> AsyncIterator[Hit]:
    for id, known in reached:
        if wanted == id or (known and wanted.casefold() in known.name.casefold()):
            yield _campaign(id, known)
    if wanted not in dict(reached) and (known := await _unused(desk, wanted)):
        yield _campaign(known.id, known)
    for id, known in reached:
        async for hit in in_campaign(desk, wanted, id, known.name if known else id):
            yield hit


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


async def in_campaign(desk: Desk, wanted: str, id: str, name: str) -> AsyncIterator[Hit]:
    """The fans and the code of one campaign."""
    if desk.may(list_entries, id):
        for user_id in await fans_of(desk, wanted, id):
            yield Hit(say(text("Fan")), user_id, name, address("campaigns", id, "fans", "one", userId=user_id))
    if desk.may(get_code_history, id) and await _is_code(desk, wanted, id):
        yield Hit(say(text("Code")), wanted, name, address("campaigns", id, "codes", "one", code=wanted))


async def _is_code(desk: Desk, wanted: str, id: str) -> bool:
    asked = desk.ask(get_code_history, HistoryBody, campaign_id=id, query={"code": wanted})
    return await _found(asked) is not None


async def fans_of(desk: Desk, wanted: str, id: str) -> list[str]:
    """By id, phone or mail address, each exactly."""
    filters = [{"userId": wanted}] if is_user_id(wanted) else []
    filters += [{"email": wanted}] if "@" in wanted else []
    filters += [{"phone": wanted}] if sum(map(str.isdigit, wanted)) >= FEWEST_DIGITS else []
    found = [await _found(desk.ask(list_entries, EntriesBody, campaign_id=id, query=one)) for one in filters]
    return list(dict.fromkeys(entry.user_id for body in found if body for entry in body.entries))


async def _found(asked: Awaitable[T]) -> T | None:
    """None for what cannot be one, such as a phone that is none, and for what is not there."""
    try:
        return await asked
    except (DomainError, Problem) as error:
        if problem_of(error).status not in _REFUSED:
            raise
        return None
