"""Selecting and transferring registrations over HTTP."""

from typing import Annotated, Literal

from msgspec import Meta, field

from domain.model.ids import UserId
from domain.model.registrations.entry import Selection
from domain.usecases.registrations import audited
from domain.usecases.registrations.select_entries import SelectEntries, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntries, TransferEntriesCommand, Transferred
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import UserIdText, Wire

MAX_USERS = 10_000

UserIds = Annotated[list[UserIdText], Meta(min_length=1, max_length=MAX_USERS)]


class SelectRequest(Wire):
    user_ids: UserIds
    selection: Selection


class SelectBody(Wire):
    updated: Annotated[int, Meta(description="The number of fans that have this selection now.")]
    rejected: Annotated[
        list[str],
        Meta(description="The fan is not registered, the phone is not confirmed, or too many events wait."),
    ]


class TransferRequest(Wire):
    from_: Annotated[str, Meta(min_length=1, max_length=256)] = field(name="from")
    to: Annotated[str, Meta(min_length=1, max_length=256)]
    user_ids: UserIds | None = None
    dry_run: bool = False


class TransferProblem(Wire):
    user_id: str
    reason: Literal["messages_waiting"]


class TransferBody(Wire, omit_defaults=True):
    matched: Annotated[int, Meta(description="moved + merged + rejected")]
    moved: Annotated[int, Meta(description="`to` took the place of `from`.")]
    merged: Annotated[int, Meta(description="The fan had both: they became one, at the better rank.")]
    rejected: Annotated[
        int, Meta(description="Not changed, since too many events of the fan wait. Repeat the transfer later.")
    ] = 0
    problems: Annotated[tuple[TransferProblem, ...], Meta(description="The first hundred of the rejected.")] = ()

    @classmethod
    def of(cls, done: Transferred) -> "TransferBody":
        problems = tuple(TransferProblem(user_id=user_id, reason="messages_waiting") for user_id in done.problems)
        return cls(
            matched=done.matched, moved=done.moved, merged=done.merged, rejected=done.rejected, problems=problems
        )


@Operation(
    id="selectEntries",
    method="POST",
    path="/{campaignId}/entries/selection",
    summary="Select fans, or take it back",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.SELECT,
    use_cases=(SelectEntries,),
    body=SelectRequest,
    example={"userIds": ["fan-1"], "selection": "selected"},
    answers={200: Answer(body=SelectBody, description="Done.", example={"updated": 1, "rejected": []})},
)
async def select_entries(call: Call[SelectRequest]) -> SelectBody:
    users = [UserId(user) for user in call.given.user_ids]
    command = SelectEntriesCommand(campaign_id=call.campaign_id, user_ids=users, selection=call.given.selection)
    done = await call.change(audited.SELECT, command, call.app.registrations.select)
    return SelectBody(updated=done.updated, rejected=list(done.rejected))


@Operation(
    id="transferEntries",
    method="POST",
    path="/{campaignId}/entries/transfer",
    summary="Move registrations between markets",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.TRANSFER,
    use_cases=(TransferEntries,),
    body=TransferRequest,
    example={"from": "nyc", "to": "bos", "dryRun": True},
    answers={
        200: Answer(body=TransferBody, description="Done.", example={"matched": 12, "moved": 9, "merged": 3})
    },
)
async def transfer_entries(call: Call[TransferRequest]) -> TransferBody:
    body = call.given
    command = TransferEntriesCommand(
        campaign_id=call.campaign_id,
        source=body.from_,
        target=body.to,
        user_ids=None if body.user_ids is None else frozenset(UserId(user) for user in body.user_ids),
        dry_run=body.dry_run,
    )
    transfer = call.app.registrations.transfer
    await transfer.check(command)  # Before the audit log gets the names, which are any text until then.
    return TransferBody.of(await call.change(audited.TRANSFER, command, transfer))
