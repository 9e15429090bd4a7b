"""Freeing numbers over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.usecases.registrations import audited
from domain.usecases.registrations.free_phone import FreePhone, FreePhoneCommand
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Wire


class FreeRequest(Wire):
    phone: Annotated[str, Meta(min_length=1, max_length=64, description="In any spelling.")]


class FreeBody(Wire):
    freed: Annotated[bool, Meta(description="False where no fan had confirmed the number.")]


@Operation(
    id="freePhone",
    method="POST",
    path="/{campaignId}/phones/free",
    summary="Take a number from the fan who has confirmed it",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.FREE,
    use_cases=(FreePhone,),
    body=FreeRequest,
    example={"phone": "+1 212 555 0123"},
    answers={200: Answer(body=FreeBody, description="Done.", example={"freed": True})},
)
async def free_phone(call: Call[FreeRequest]) -> FreeBody:
    command = FreePhoneCommand(campaign_id=call.campaign_id, phone=call.given.phone)
    owner = await call.change(audited.FREE, command, call.app.phones.free)
    return FreeBody(freed=owner is not None)
