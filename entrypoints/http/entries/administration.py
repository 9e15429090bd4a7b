"""Selecting and transferring registrations over HTTP."""

from typing import Annotated, Literal

from msgspec import Meta, field

from domain.model.ids import UserId
from domain.model.registrations.entry import Selection
from domain.usecases.registrations import audited
from domain.usecases.registrations.select_best import SelectBest, SelectBestCommand
from domain.usecases.registrations.select_entries import Selected, SelectEntries, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntries, TransferEntriesCommand, Transferred
from entrypoints.http.call import Call
from entrypoints.http.entries.eligibility import EligibilityQuery
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.problems import FieldProblem, invalid
from entrypoints.http.wire import UserIdText, Wire

MAX_USERS = 10_000

TOP = (
    "At most so many of the eligible fans, the best by score and then by `userId`. Without a filter on the "
    "selection, those without one are eligible: a second call selects the next ones."
)
UserIds = Annotated[list[UserIdText], Meta(min_length=1, max_length=MAX_USERS)]


class SelectRequest(Wire):
    """Either ``userIds``, or ``top`` and perhaps ``filters``."""

    selection: Selection
    user_ids: UserIds | None = None
    top: Annotated[int, Meta(ge=1, le=MAX_USERS, description=TOP)] | None = None
    filters: Annotated[EligibilityQuery | None, Meta(description="With `top`: those of eligibility.")] = None
    dry_run: bool = False

    def fans(self) -> list[UserId] | None:
        """None for the best. Raises a 422 Problem unless the body has one of the two forms."""
        if self.user_ids is None and self.top is None:
            raise invalid(FieldProblem("/userIds", "is missing: name the fans, or ask for the best in top"))
        if self.user_ids is not None and self.top is not None:
            raise invalid(FieldProblem("/top", "must be left out where userIds are given"))
        if self.filters is not None and self.top is None:
            raise invalid(FieldProblem("/filters", "need top: fans who are named are not filtered"))
        return None if self.user_ids is None else [UserId(user) for user in self.user_ids]


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
    use_cases=(SelectEntries, SelectBest),
    body=SelectRequest,
    example={"userIds": ["fan-1"], "selection": "selected"},
    answers={200: Answer(body=SelectBody, description="Done.", example={"updated": 1, "rejected": []})},
)
async def select_entries(call: Call[SelectRequest]) -> SelectBody:
    body, users = call.given, call.given.fans()
    done = await (_select_best(call, body.top or 0) if users is None else _select(call, users))
    return SelectBody(updated=done.updated, rejected=list(done.rejected))


async def _select(call: Call[SelectRequest], users: list[UserId]) -> Selected:
    body = call.given
    command = SelectEntriesCommand(
        campaign_id=call.campaign_id, user_ids=users, selection=body.selection, dry_run=body.dry_run
    )
    return await call.change(audited.SELECT, command, call.app.registrations.select)


async def _select_best(call: Call[SelectRequest], top: int) -> Selected:
    body = call.given
    command = SelectBestCommand(
        campaign_id=call.campaign_id,
        top=top,
        query=(body.filters or EligibilityQuery()).query(),
        selection=body.selection,
        dry_run=body.dry_run,
    )
    best = call.app.registrations.select_best
    await best.check(command)  # Before the audit log gets the markets, which are any text until then.
    return await call.change(audited.SELECT_BEST, command, best)


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
