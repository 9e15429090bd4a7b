"""Registering over HTTP, and reading a registration."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.emails import EMAIL_RULE, read_email
from domain.model.registrations.markets import MAX_MARKETS
from domain.model.registrations.names import NAME_LENGTH
from domain.model.registrations.typed_text import TYPED_LIMIT
from domain.usecases.registrations import audited
from domain.usecases.registrations.read_entry import ReadEntry, ReadEntryWithHistory
from domain.usecases.registrations.register_fan import RegisterFan
from domain.usecases.registrations.registration import RegisterFanCommand
from entrypoints.http.call import Call
from entrypoints.http.entries.body import EXAMPLE, WITH_HISTORY, EntryBody, EntryWithHistoryBody
from entrypoints.http.entries.device import DeviceRequest, device_of
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import AnyRequest, user_of
from entrypoints.http.request.guards import fan, oneself
from entrypoints.http.request.scopes import Scope
from entrypoints.http.request.token_verifier import Caller
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.response.problems import FieldProblem, forbidden, invalid
from entrypoints.http.wire import NAME_TEXT, UserIdText, Wire

Name = Annotated[str, Meta(min_length=1, max_length=256)]
PersonName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=NAME_LENGTH,
        pattern=NAME_TEXT,
        description="Without control characters and without `://`.",
    ),
]
Email = Annotated[str, Meta(max_length=TYPED_LIMIT, description=f"As it is typed; it {EMAIL_RULE}.")]
Key = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME_TEXT)]
MAX_NAMED: Final = 50
MAX_ATTRIBUTE_BYTES: Final = 16 * 1024
Attributes = Annotated[
    dict[Key, Annotated[str, Meta(max_length=MAX_ATTRIBUTE_BYTES)]],
    Meta(
        max_length=MAX_NAMED,
        description=f"Names and values together have at most {MAX_ATTRIBUTE_BYTES} bytes in UTF-8. No name has `://`.",
    ),
]


class RegisterRequest(Wire):
    phone: Annotated[
        str, Meta(min_length=1, max_length=64, description="Parsed with the default region of the campaign.")
    ]
    markets: Annotated[
        list[Name],
        Meta(min_length=1, max_length=MAX_MARKETS, description="By rank, the primary preference first."),
    ]
    email: Email | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    opt_ins: Annotated[dict[Key, bool], Meta(max_length=MAX_NAMED)] | None = None
    invite_code: Annotated[str, Meta(max_length=256)] | None = None
    attributes: Attributes | None = None
    device: DeviceRequest | None = None
    user_id: Annotated[UserIdText | None, Meta(description="For administrators: the fan to register.")] = None

    def command(self, campaign_id: CampaignId, user_id: UserId, connection: AnyRequest) -> RegisterFanCommand:
        _check_size(self.attributes or {})
        _check_names("optIns", self.opt_ins or {})
        _check_names("attributes", self.attributes or {})
        return RegisterFanCommand(
            campaign_id=campaign_id,
            user_id=user_id,
            phone=self.phone,
            markets=self.markets,
            email=None if self.email is None else read_email(self.email),
            first_name=self.first_name,
            last_name=self.last_name,
            opt_ins=self.opt_ins,
            attributes=self.attributes,
            invite_code=self.invite_code,
            device=device_of(self.device, connection),
        )


def _check_size(attributes: Mapping[str, str]) -> None:
    """Raises a 422 Problem for more bytes than an entry and its events may hold."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in attributes.items())
    if size > MAX_ATTRIBUTE_BYTES:
        detail = f"names and values have {size} bytes together: send at most {MAX_ATTRIBUTE_BYTES}"
        raise invalid(FieldProblem("/attributes", detail))


def _check_names(field: str, named: Mapping[str, object]) -> None:
    """Raises a 422 Problem for a name with a web address: names travel in events and into files of others."""
    if any("://" in name for name in named):
        raise invalid(FieldProblem(f"/{field}", "a name in it must not be a web address"))


def _named(caller: Caller, named: str | None) -> UserId:
    """A fan can never name another user."""
    if named is None or named == caller.user_id:
        return caller.user_id
    if not caller.supreme:
        raise forbidden()
    return UserId(named)


@Operation(
    id="register",
    method="POST",
    path="/{campaignId}/entries",
    summary="Register, or change the own registration",
    tag="Entries",
    guard=fan,
    scope=Scope.ENTRIES,
    limit="writes",
    audit=audited.REGISTER,
    use_cases=(RegisterFan,),
    body=RegisterRequest,
    example={"phone": "+1 212 555 0123", "markets": ["nyc", "bos"], "optIns": {"newsletter": True}},
    answers={
        200: Answer(body=EntryBody, description="Changed, or the same as before.", example=EXAMPLE),
        201: Answer(body=EntryBody, description="Registered.", example=EXAMPLE),
    },
)
async def register(call: Call[RegisterRequest]) -> Reply:
    user_id = _named(call.caller, call.given.user_id)
    command = call.given.command(call.campaign_id, user_id, call.request)
    registered = await call.change(audited.REGISTER, command, call.app.registrations.register)
    body = EntryBody.of(registered.entry, call.app.phones.tokens)
    return json_answer(body, status=201 if registered.created else 200)


@Operation(
    id="getMyEntry",
    method="GET",
    path="/{campaignId}/entries/me",
    summary="The caller's own registration",
    tag="Entries",
    guard=oneself,
    scope=Scope.ENTRIES,
    limit="reads",
    use_cases=(ReadEntry,),
    answers={200: Answer(body=EntryBody, description="As it is now.", example=EXAMPLE)},
)
async def get_my_entry(call: Call[None]) -> EntryBody:
    return await _entry_of(call, call.caller.user_id)


@Operation(
    id="getEntry",
    method="GET",
    path="/{campaignId}/entries/{userId}",
    summary="A fan's registration",
    tag="Entries",
    guard=fan,
    scope=Scope.ENTRIES,
    limit="reads",
    use_cases=(ReadEntryWithHistory, ReadEntry),
    answers={
        200: Answer(
            body=EntryWithHistoryBody,
            description="As it is now; for staff with its history.",
            example=WITH_HISTORY,
        )
    },
)
async def get_entry(call: Call[None]) -> EntryBody:
    user_id = _named(call.caller, user_of(call.request))
    if not call.caller.supreme:
        return await _entry_of(call, user_id)
    found = await call.app.registrations.read_with_history(call.campaign_id, user_id)
    return EntryWithHistoryBody.for_staff(found, call.app.phones.tokens)


async def _entry_of(call: Call[None], user_id: UserId) -> EntryBody:
    return EntryBody.of(await call.app.registrations.read(call.campaign_id, user_id), call.app.phones.tokens)
