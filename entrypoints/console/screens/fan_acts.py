"""What staff can do about one registration: what each act means is said before it is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from domain.model.ids import UserId
from domain.model.registrations.entry import EntryStatus, Selection
from domain.usecases.registrations import audited
from entrypoints.console.desk import Desk
from entrypoints.console.request import segment
from entrypoints.console.text import text
from entrypoints.http.entries.administration import SelectBody, select_entries
from entrypoints.http.entries.body import EntryWithHistoryBody
from entrypoints.http.entries.confirmation import lift_phone_block, resend_code
from entrypoints.http.entries.numbers import FreeBody, free_phone
from entrypoints.http.entries.registration import get_entry
from entrypoints.http.entries.withdrawal import withdraw_entry
from entrypoints.http.operation import Operation

Run = Callable[[Desk, UserId], Awaitable[str]]
"""Returns what was done, as a marked text that may name the ``{fan}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    name: str
    button: str
    means: str
    operation: Operation
    run: Run
    fits: Callable[[EntryWithHistoryBody], bool]
    danger: bool = False
    removes: bool = False
    """Afterwards there is no page of the fan."""


async def _resend(desk: Desk, user_id: UserId) -> str:
    call = desk.call(resend_code)
    await call.change(audited.RESEND, user_id, partial(desk.app.phones.resend_code, desk.campaign_id))
    return text("A new code was sent to {fan}.")


async def _phone(desk: Desk, user_id: UserId) -> str:
    path = {"userId": segment(user_id)}
    return (await desk.ask(get_entry, EntryWithHistoryBody, path=path)).phone


async def _lift(desk: Desk, user_id: UserId) -> str:
    body = {"phone": await _phone(desk, user_id)}
    await desk.ask(lift_phone_block, type(None), body=body)
    return text("No block is on the number of {fan} any more.")


async def _free(desk: Desk, user_id: UserId) -> str:
    freed = await desk.ask(free_phone, FreeBody, body={"phone": await _phone(desk, user_id)})
    return text("The number of {fan} is free.") if freed.freed else text("The number of {fan} was free already.")


async def _withdraw(desk: Desk, user_id: UserId) -> str:
    path = {"userId": segment(user_id)}
    await desk.ask(withdraw_entry, type(None), path=path)
    return text("The registration of {fan} is withdrawn.")


async def _select(selection: Selection, desk: Desk, user_id: UserId) -> str:
    body = {"userIds": [user_id], "selection": selection.value}
    done = await desk.ask(select_entries, SelectBody, body=body)
    if done.rejected:
        return text("Nothing was changed: {fan} has no confirmed phone, or too many events of this fan wait.")
    return text("It is decided for {fan}.")


def _selecting(selection: Selection, button: str, means: str) -> Act:
    return Act(
        name=selection.value,
        button=button,
        means=means,
        operation=select_entries,
        run=partial(_select, selection),
        fits=lambda entry: entry.status is EntryStatus.CONFIRMED and entry.selection is not selection,
    )


_ACTS: Final = (
    _selecting(Selection.SELECTED, text("Select"), text("The fan is selected, and an event says so.")),
    _selecting(Selection.WAITLISTED, text("Waitlist"), text("The fan is put on the waitlist.")),
    _selecting(Selection.DECLINED, text("Decline"), text("The fan is declined. That can be changed again.")),
    _selecting(
        Selection.NONE, text("Undecide"), text("The fan is undecided again, and eligible by the fan's score.")
    ),
    Act(
        name="resend",
        button=text("Send another code"),
        means=text(
            "A new code goes to the fan's phone by text message, and the one before works no more. It counts as"
            " one of the messages that the number may have in an hour and in a day."
        ),
        operation=resend_code,
        run=_resend,
        fits=lambda entry: entry.status is EntryStatus.PENDING,
    ),
    Act(
        name="lift",
        button=text("Lift the block of the number"),
        means=text(
            "Failed confirmations of this number by other fans are forgotten, so that it can be registered again."
            " A number that is not blocked stays as it is."
        ),
        operation=lift_phone_block,
        run=_lift,
        fits=lambda entry: entry.status is EntryStatus.PENDING,
    ),
    Act(
        name="free",
        button=text("Free the number"),
        means=text(
            "The confirmation of the number is taken away, so that another fan can confirm it. This fan stays"
            " registered, but is not eligible until a number is confirmed again. An event says so."
        ),
        operation=free_phone,
        run=_free,
        fits=lambda entry: entry.status is EntryStatus.CONFIRMED,
        danger=True,
    ),
    Act(
        name="withdraw",
        button=text("Withdraw the registration"),
        means=text(
            "Everything personal is removed from this registration at once and for ever: phone, mail address,"
            " names, attributes, markets, score. The number is free, and the fan is in no list and no draw. Codes"
            " that were assigned stay assigned. The fan can register anew while the campaign is open."
        ),
        operation=withdraw_entry,
        run=_withdraw,
        fits=lambda _: True,
        danger=True,
        removes=True,
    ),
)
ACTS: Final[Mapping[str, Act]] = {act.name: act for act in _ACTS}
