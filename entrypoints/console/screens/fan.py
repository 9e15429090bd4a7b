"""One fan's registration, and what staff can do about it."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from domain.model.cloud_events import type_of
from domain.model.ids import UserId, is_user_id
from domain.model.messaging.relaying import EntryMessages
from domain.usecases.registrations import audited
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.request import segment
from entrypoints.console.screens.fan_acts import ACTS, Act
from entrypoints.console.text import say
from entrypoints.http.codes.catalogue import CodeBody, PageBody, list_codes
from entrypoints.http.entries.body import EntryWithHistoryBody
from entrypoints.http.entries.registration import get_entry
from entrypoints.http.parked import list_parked
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, invalid, not_found

MOST_CODES: Final = 100


@Page(path="/campaigns/{campaignId}/fans/one", operation=get_entry)
async def fan(desk: Desk) -> Reply:
    """Phone and mail address are shown whole, so that a member of staff has looked at them is in the audit log."""
    user_id = _user_id(desk)
    entry = await desk.call(get_entry).change(audited.VIEW, user_id, partial(_entry, desk))
    return desk.show(
        "fan.html",
        fan=entry,
        codes=await _codes(desk, user_id),
        messages=await _messages(desk, user_id),
        type_of=type_of,
        acts=[act for act in ACTS.values() if desk.may(act.operation) and act.fits(entry)],
    )


@Page(path="/campaigns/{campaignId}/fans/act", operation=get_entry)
async def before(desk: Desk) -> Reply:
    """What it will do, before it is done."""
    act, user_id = _act(desk), _user_id(desk)
    desk.call(act.operation)
    entry = await _entry(desk, user_id)
    return desk.show("fan_act.html", act=act, fan=entry, fields=[("act", act.name), ("userId", user_id)])


@Page(path="/campaigns/{campaignId}/fans/act", method="POST", operation=get_entry, changes=True)
async def do(desk: Desk) -> Reply:
    act, user_id = _act(desk), _user_id(desk)
    done = await act.run(desk, user_id)
    where = desk.to("fans") if act.removes else desk.to("fans", "one", userId=user_id)
    return desk.go(where, say(done, fan=user_id))


async def _entry(desk: Desk, user_id: UserId) -> EntryWithHistoryBody:
    return await desk.ask(get_entry, EntryWithHistoryBody, path={"userId": segment(user_id)})


def _user_id(desk: Desk) -> UserId:
    text = desk.fields.one("userId")
    if not is_user_id(text):
        raise invalid(FieldProblem("/userId", "is missing, or is no id of a fan"))
    return UserId(text)


def _act(desk: Desk) -> Act:
    act = ACTS.get(desk.fields.one("act"))
    if act is None:
        raise not_found()
    return act


async def _codes(desk: Desk, user_id: UserId) -> Sequence[CodeBody] | None:
    """None: the token may not see codes."""
    if not desk.may(list_codes):
        return None
    return (await desk.ask(list_codes, PageBody, query={"userId": user_id, "limit": MOST_CODES})).codes


async def _messages(desk: Desk, user_id: UserId) -> EntryMessages | None:
    """None: the token may not see messages."""
    if not desk.may(list_parked):
        return None
    return await desk.app.messaging.list_messages(desk.campaign_id, user_id)
