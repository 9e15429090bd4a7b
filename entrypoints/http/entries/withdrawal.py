"""Withdrawing a registration over HTTP."""

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
    limit="writes",
    use_cases=(WithdrawEntry,),
    answers={204: Answer(description="Withdrawn, now or before.")},
)
async def withdraw_my_entry(call: Call[None]) -> None:
    await call.app.registrations.withdraw(call.campaign_id, call.caller.user_id)


@Operation(
    id="withdrawEntry",
    method="DELETE",
    path="/{campaignId}/entries/{userId}",
    summary="Withdraw a fan's registration",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(WithdrawEntry,),
    answers={204: Answer(description="Withdrawn, now or before.")},
)
async def withdraw_entry(call: Call[None]) -> None:
    await call.app.registrations.withdraw(call.campaign_id, user_of(call.request))
