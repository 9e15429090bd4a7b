"""Confirming a phone over HTTP."""

from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from domain.model.registrations.typed_text import TYPED_LIMIT
from domain.usecases.registrations import audited
from domain.usecases.registrations.confirm_phone import ConfirmPhone, ConfirmPhoneCommand
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlock, LiftPhoneBlockCommand
from domain.usecases.registrations.resend_code import ResendCode
from entrypoints.http.call import Call
from entrypoints.http.entries.body import CONFIRMATION, CONFIRMED, ConfirmationBody, EntryBody
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import oneself, supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Wire

LONGEST_TOKEN: Final = 4_096
"""Enough for a fan's id of 128 characters; in a token each takes 16 at most."""


class ConfirmRequest(Wire):
    token: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_TOKEN, description="From the answer to the registration.")
    ]
    code: Annotated[
        str,
        Meta(min_length=1, max_length=TYPED_LIMIT, description="The six digits from the SMS, or its whole text."),
    ]


class LiftRequest(Wire):
    phone: Annotated[str, Meta(min_length=1, max_length=64)]


@Operation(
    id="confirmPhone",
    method="POST",
    path="/{campaignId}/entries/confirm",
    summary="Confirm the phone",
    tag="Entries",
    guard=oneself,
    scope=Scope.ENTRIES,
    limit="writes",
    audit=audited.CONFIRM,
    use_cases=(ConfirmPhone,),
    body=ConfirmRequest,
    example={"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "code": "123456"},
    answers={
        200: Answer(
            body=EntryBody,
            description="Confirmed.",
            example=CONFIRMED,
        )
    },
)
async def confirm_phone(call: Call[ConfirmRequest]) -> EntryBody:
    command = ConfirmPhoneCommand(
        campaign_id=call.campaign_id,
        user_id=call.caller.user_id,
        token=call.given.token,
        code=call.given.code,
    )
    confirmed = await call.change(audited.CONFIRM, command, call.app.phones.confirm)
    return EntryBody.of(confirmed.entry, call.app.phones.tokens)


@Operation(
    id="resendCode",
    method="POST",
    path="/{campaignId}/entries/confirm/resend",
    summary="Send another code",
    tag="Entries",
    guard=oneself,
    scope=Scope.ENTRIES,
    limit="writes",
    audit=audited.RESEND,
    use_cases=(ResendCode,),
    answers={202: Answer(body=ConfirmationBody, description="The code was sent.", example=CONFIRMATION)},
)
async def resend_code(call: Call[None]) -> ConfirmationBody | None:
    resend = partial(call.app.phones.resend_code, call.campaign_id)
    entry = await call.change(audited.RESEND, call.caller.user_id, resend)
    return ConfirmationBody.of(entry, call.app.phones.tokens)


@Operation(
    id="liftPhoneBlock",
    method="POST",
    path="/{campaignId}/phone-blocks/lift",
    summary="Unblock a number",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.LIFT_BLOCK,
    use_cases=(LiftPhoneBlock,),
    body=LiftRequest,
    example={"phone": "+1 212 555 0123"},
    answers={204: Answer(description="The number can be registered again.")},
)
async def lift_phone_block(call: Call[LiftRequest]) -> None:
    command = LiftPhoneBlockCommand(campaign_id=call.campaign_id, phone=call.given.phone)
    await call.change(audited.LIFT_BLOCK, command, call.app.phones.lift_block)
