"""Withdrawing a registration over HTTP."""

from functools import partial

from domain.usecases.registrations import audited
from domain.usecases.registrations.withdraw_entry import WithdrawEntry
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import user_of
from entrypoints.http.request.guards import oneself, supreme
from entrypoints.http.request.scopes import Scope


@Operation(
    id="withdrawMyEntry",
    method="DELETE",
    path="/{campaignId}/entries/me",
    summary="Withdraw the caller's own registration",
    tag="Entries",
    guard=oneself,
    scope=Scope.ENTRIES,
    limit="writes",
    audit=audited.WITHDRAW_OWN,
    use_cases=(WithdrawEntry,),
    answers={204: Answer(description="Withdrawn, now or before.")},
)
async def withdraw_my_entry(call: Call[None]) -> None:
    withdraw = partial(call.app.registrations.withdraw, call.campaign_id)
    await call.change(audited.WITHDRAW_OWN, call.caller.user_id, withdraw)


@Operation(
    id="withdrawEntry",
    method="DELETE",
    path="/{campaignId}/entries/{userId}",
    summary="Withdraw a fan's registration",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.WITHDRAW,
    use_cases=(WithdrawEntry,),
    answers={204: Answer(description="Withdrawn, now or before.")},
)
async def withdraw_entry(call: Call[None]) -> None:
    withdraw = partial(call.app.registrations.withdraw, call.campaign_id)
    await call.change(audited.WITHDRAW, user_of(call.request), withdraw)
