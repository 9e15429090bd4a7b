"""What staff do about numbers, over HTTP."""

from typing import Annotated

from litestar import post
from litestar.response import Response
from msgspec import Meta

from domain.model.errors import InvalidValue, Unavailable
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.free_phone import FreePhone, FreePhoneCommand
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest, body_of, campaign_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.response.answers import json_answer
from entrypoints.http.wire import Wire


class FreeRequest(Wire):
    phone: Annotated[str, Meta(min_length=1, max_length=64, description="In any spelling.")]


class FreeBody(Wire):
    freed: Annotated[bool, Meta(description="False where no fan had confirmed the number.")]


@post(
    "/{campaignId:str}/phones/free",
    status_code=200,
    **documented(
        Operation(
            id="freePhone",
            summary="Take a number from the fan who has confirmed it",
            tag="Entries",
            describes=FreePhone,
            body=FreeRequest,
            example={"phone": "+1 212 555 0123"},
            answers={200: Answer(body=FreeBody, description="Done.", example={"freed": True})},
            raises=(CampaignNotFound, InvalidValue, Unavailable),
        ),
        supreme,
    ),
)
async def free_phone(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    body = await body_of(request, FreeRequest)
    freed = await app.phones.free(FreePhoneCommand(campaign_id=campaign_id, phone=body.phone))
    return json_answer(FreeBody(freed=freed))
