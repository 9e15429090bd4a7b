"""Selecting and transferring registrations over HTTP."""

from typing import Annotated, Literal

from litestar import post
from litestar.response import Response
from msgspec import Meta, field

from domain.model.errors import InvalidValue, Unavailable
from domain.model.ids import UserId
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.select_entries import SelectEntries, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntries, TransferEntriesCommand, Transferred
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, body_of, campaign_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import UserIdText, Wire

MAX_USERS = 10_000

UserIds = Annotated[list[UserIdText], Meta(min_length=1, max_length=MAX_USERS)]


class SelectRequest(Wire):
    user_ids: UserIds
    selection: Selection


class SelectBody(Wire):
    updated: Annotated[int, Meta(description="Those that have this selection now.")]
    rejected: Annotated[
        list[str],
        Meta(description="Not registered, the phone is not confirmed, or too many messages of the fan's wait."),
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
    merged: Annotated[int, Meta(description="Had both: the two became one, at the better rank.")]
    rejected: Annotated[
        int, Meta(description="Stay as they were, since too many messages of the fan's wait: repeat it later.")
    ] = 0
    problems: Annotated[tuple[TransferProblem, ...], Meta(description="The first hundred of the rejected.")] = ()

    @classmethod
    def of(cls, done: Transferred) -> "TransferBody":
        problems = tuple(TransferProblem(user_id=user_id, reason="messages_waiting") for user_id in done.problems)
        return cls(
            matched=done.matched, moved=done.moved, merged=done.merged, rejected=done.rejected, problems=problems
        )


@post(
    "/{campaignId:str}/entries/selection",
    status_code=200,
    **documented(
        Operation(
            id="selectEntries",
            summary="Select fans, or take it back",
            tag="Entries",
            describes=SelectEntries,
            body=SelectRequest,
            example={"userIds": ["fan-1"], "selection": "selected"},
            answers={200: Answer(body=SelectBody, description="Done.", example={"updated": 1, "rejected": []})},
            raises=(Unavailable,),
        ),
        supreme,
    ),
)
async def select_entries(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, SelectRequest)
    users = [UserId(user) for user in body.user_ids]
    done = await app.registrations.select(
        SelectEntriesCommand(campaign_id=campaign_id, user_ids=users, selection=body.selection)
    )
    return json_answer(SelectBody(updated=done.updated, rejected=list(done.rejected)))


@post(
    "/{campaignId:str}/entries/transfer",
    status_code=200,
    **documented(
        Operation(
            id="transferEntries",
            summary="Move registrations between markets",
            tag="Entries",
            describes=TransferEntries,
            body=TransferRequest,
            example={"from": "nyc", "to": "bos", "dryRun": True},
            answers={
                200: Answer(
                    body=TransferBody, description="Done.", example={"matched": 12, "moved": 9, "merged": 3}
                )
            },
            raises=(CampaignNotFound, InvalidValue, Unavailable),
        ),
        supreme,
    ),
)
async def transfer_entries(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, TransferRequest)
    done = await app.registrations.transfer(
        TransferEntriesCommand(
            campaign_id=campaign_id,
            source=body.from_,
            target=body.to,
            user_ids=None if body.user_ids is None else frozenset(UserId(user) for user in body.user_ids),
            dry_run=body.dry_run,
        )
    )
    return json_answer(TransferBody.of(done))
