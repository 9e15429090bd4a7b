"""Confirming a phone over HTTP."""

from typing import Annotated, Final

from litestar import post
from litestar.response import Response
from msgspec import Meta

from domain.model.errors import InvalidValue, RateLimited, Unavailable
from domain.model.registrations.errors import (
    BudgetUsedUp,
    CampaignNotFound,
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationTooSoon,
    EntryNotFound,
    InvalidConfirmationToken,
    NothingToConfirm,
    PhoneCountry,
    PhoneUnavailable,
    WrongConfirmationCode,
)
from domain.model.registrations.typed_text import TYPED_LIMIT
from domain.usecases.registrations.confirm_phone import ConfirmPhone, ConfirmPhoneCommand
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlock, LiftPhoneBlockCommand
from domain.usecases.registrations.resend_code import ResendCode
from entrypoints.application import Application
from entrypoints.http.entries.body import CONFIRMATION, CONFIRMED, ConfirmationBody, EntryBody
from entrypoints.http.entries.limiting import limited
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, body_of, campaign_of
from entrypoints.http.request.guards import caller_of, oneself, supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import Wire

LONGEST_TOKEN: Final = 4_096
"""With a fan's id of 128 characters, each of which takes 16 in a token at most."""


class ConfirmRequest(Wire):
    token: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_TOKEN, description="From the registration's answer.")
    ]
    code: Annotated[
        str, Meta(min_length=1, max_length=TYPED_LIMIT, description="From the SMS: its six digits, or all of it.")
    ]


class LiftRequest(Wire):
    phone: Annotated[str, Meta(min_length=1, max_length=64)]


@post(
    "/{campaignId:str}/entries/confirm",
    status_code=200,
    **documented(
        Operation(
            id="confirmPhone",
            summary="Confirm the phone",
            tag="Entries",
            describes=ConfirmPhone,
            body=ConfirmRequest,
            example={"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "code": "123456"},
            answers={
                200: Answer(
                    body=EntryBody,
                    description="Confirmed.",
                    example=CONFIRMED,
                )
            },
            raises=(
                InvalidValue,
                InvalidConfirmationToken,
                CampaignNotFound,
                CampaignNotOpen,
                ConfirmationSuperseded,
                ConfirmationExpired,
                ConfirmationExhausted,
                WrongConfirmationCode,
                BudgetUsedUp,
                PhoneUnavailable,
                RateLimited,
                Unavailable,
            ),
        ),
        oneself,
    ),
)
async def confirm_phone(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    await limited(request, "writes")
    body = await body_of(request, ConfirmRequest)
    command = ConfirmPhoneCommand(
        campaign_id=campaign_id, user_id=caller_of(request).user_id, token=body.token, code=body.code
    )
    confirmed = await app.phones.confirm(command)
    return json_answer(EntryBody.of(confirmed.entry, app.phones.tokens))


@post(
    "/{campaignId:str}/entries/confirm/resend",
    status_code=202,
    **documented(
        Operation(
            id="resendCode",
            summary="Send another code",
            tag="Entries",
            describes=ResendCode,
            answers={202: Answer(body=ConfirmationBody, description="It is on its way.", example=CONFIRMATION)},
            raises=(
                EntryNotFound,
                CampaignNotFound,
                CampaignNotOpen,
                NothingToConfirm,
                PhoneCountry,
                PhoneUnavailable,
                ConfirmationSuperseded,
                ConfirmationTooSoon,
                BudgetUsedUp,
                RateLimited,
                Unavailable,
            ),
        ),
        oneself,
    ),
)
async def resend_code(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    await limited(request, "writes")
    entry = await app.phones.resend_code(campaign_id, caller_of(request).user_id)
    return json_answer(ConfirmationBody.of(entry, app.phones.tokens), status=202)


@post(
    "/{campaignId:str}/phone-blocks/lift",
    status_code=204,
    **documented(
        Operation(
            id="liftPhoneBlock",
            summary="Unblock a number",
            tag="Entries",
            describes=LiftPhoneBlock,
            body=LiftRequest,
            example={"phone": "+1 212 555 0123"},
            answers={204: Answer(description="The number can be registered again.")},
            raises=(CampaignNotFound, InvalidValue, Unavailable),
        ),
        supreme,
    ),
)
async def lift_phone_block(request: AnyRequest) -> None:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, LiftRequest)
    await app.phones.lift_block(LiftPhoneBlockCommand(campaign_id=campaign_id, phone=body.phone))
