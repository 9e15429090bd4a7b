"""Erasing a person over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.ids import UserId
from domain.usecases.privacy import audited
from domain.usecases.privacy.erase_person import Erased, ErasePerson, ErasePersonCommand
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import UserIdText, Wire


class EraseRequest(Wire):
    user_id: UserIdText
    dry_run: bool = False


class ErasedBody(Wire):
    user_id: str
    pseudonym: Annotated[str, Meta(description="Stands where the person's id was.")]
    found: Annotated[dict[str, int], Meta(description="What each place held.")]
    remaining: Annotated[dict[str, int], Meta(description="The same, counted anew afterwards.")]
    notices: Annotated[int, Meta(description="Events `erased` that wait to be published. Then the id is gone.")]

    @classmethod
    def of(cls, user_id: UserId, erased: Erased) -> "ErasedBody":
        return cls(
            user_id=user_id,
            pseudonym=erased.pseudonym,
            found={place.value: count for place, count in erased.found.items()},
            remaining={place.value: count for place, count in erased.remaining.items()},
            notices=erased.notices,
        )


@Operation(
    id="erasePerson",
    method="POST",
    path="/privacy/erasures",
    summary="Erase a person",
    tag="Privacy",
    guard=supreme,
    scope=Scope.PRIVACY,
    audit=audited.ERASE,
    use_cases=(ErasePerson,),
    body=EraseRequest,
    example={"userId": "fan-1", "dryRun": True},
    answers={
        200: Answer(
            body=ErasedBody,
            description="Done.",
            example={
                "userId": "fan-1",
                "pseudonym": "erased:0123456789abcdef",
                "found": {"entries": 2, "scoring": 1, "codes": 1, "parked": 0},
                "remaining": {"entries": 0, "scoring": 0, "codes": 0, "parked": 0},
                "notices": 2,
            },
        )
    },
)
async def erase_person(call: Call[EraseRequest]) -> ErasedBody:
    user_id = UserId(call.given.user_id)
    command = ErasePersonCommand(user_id=user_id, dry_run=call.given.dry_run)
    return ErasedBody.of(user_id, await call.change(audited.ERASE, command, call.app.privacy.erase))
