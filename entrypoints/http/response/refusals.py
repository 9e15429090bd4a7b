"""The refusals of the model as callers see them: one line an error, its status and its own members.

A test proves the table complete.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from litestar.exceptions import HTTPException

from domain.model.codes import errors as codes
from domain.model.draws import errors as draws
from domain.model.errors import DomainError, InvalidValue, RateLimited, Unavailable
from domain.model.files.errors import FileNotFound, UploadExists, UploadTooLarge
from domain.model.registrations import errors as registrations
from entrypoints.http.response.problems import (
    NO_OPERATION,
    RETRY_AFTER_SECONDS,
    FieldProblem,
    Problem,
    internal,
    invalid,
)


class Member(NamedTuple):
    """A member that only some problems have."""

    name: str
    meaning: str
    example: int | str
    optional: bool = False
    """Not every problem of the kind has it."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if isinstance(self.example, int) else "string", "description": self.meaning}


class Refusal(NamedTuple):
    """How a refusal of the model is answered."""

    status: int
    members: tuple[Member, ...] = ()
    retry_after: str = ""
    """What the header Retry-After means, where the answer has it."""


_ASK_AGAIN: Final = "Seconds to wait before asking again"
TRY_AGAIN: Final = "Seconds to wait before trying again"
_AVAILABLE: Final = Member("available", "How many codes are available.", 1)
_TOTAL: Final = Member(
    "total", "Only there, and 0, where the campaign has no codes of this type.", 0, optional=True
)
_INVALID: Final = Member("invalid", "How many rows of the file are no codes.", 3)
_LIMIT: Final = Member("limit", "The most bytes of a file.", 268_435_456)
_LINE: Final = Member("line", "The line of the file, counted from 1.", 7)
_ATTEMPTS_LEFT: Final = Member("attemptsLeft", "How many more codes may be tried.", 4)
_RETRY_AFTER: Final = Member("retryAfter", "Seconds to wait before asking again.", 30)
_BUDGET: Final = Member("budget", "What the fan has used up.", "codes_per_day")
_COUNTRIES: Final = Member("countries", "The campaign sends codes to numbers of these countries.", "US, CA")
_ROUND: Final = Member("round", "The round of the beacon that decides the draw.", 34_000_000)
_REASON: Final = Member("reason", "What is wrong with the answer.", "a false signature")
_PUBLISHED_AT: Final = Member("at", "When the round is published.", "2026-11-25T13:00:00.000Z")
_PART: Final = Member("part", "What does not answer.", "store")

REFUSALS: Final[Mapping[type[DomainError], Refusal]] = {
    InvalidValue: Refusal(422),
    Unavailable: Refusal(503, (_PART,), retry_after=TRY_AGAIN),
    RateLimited: Refusal(429, (_RETRY_AFTER,), retry_after=_ASK_AGAIN),
    codes.CodesExhausted: Refusal(409, (_AVAILABLE, _TOTAL)),
    codes.ReservationMismatch: Refusal(409),
    codes.CodeNotFound: Refusal(404),
    codes.ImportNotFound: Refusal(404),
    FileNotFound: Refusal(404),
    UploadExists: Refusal(409),
    UploadTooLarge: Refusal(413, (_LIMIT,)),
    codes.FileUnreadable: Refusal(422, (_LINE,)),
    codes.FileAmbiguous: Refusal(422),
    codes.FileEmpty: Refusal(422, (_INVALID,)),
    codes.ImportRunning: Refusal(409),
    registrations.CampaignNotFound: Refusal(404),
    registrations.UserNotFound: Refusal(404),
    registrations.EntryNotFound: Refusal(404),
    registrations.EntryWithdrawn: Refusal(409),
    registrations.CampaignNotOpen: Refusal(409),
    registrations.GatesClosed: Refusal(403),
    registrations.PhoneCountry: Refusal(422, (_COUNTRIES,)),
    registrations.PhoneUnavailable: Refusal(409),
    registrations.InvalidConfirmationToken: Refusal(422),
    registrations.ConfirmationSuperseded: Refusal(409),
    registrations.ConfirmationExpired: Refusal(410),
    registrations.ConfirmationExhausted: Refusal(429),
    registrations.WrongConfirmationCode: Refusal(422, (_ATTEMPTS_LEFT,)),
    registrations.ConfirmationTooSoon: Refusal(429, (_RETRY_AFTER,), retry_after=_ASK_AGAIN),
    registrations.BudgetUsedUp: Refusal(429, (_BUDGET, _RETRY_AFTER), retry_after=_ASK_AGAIN),
    registrations.NothingToConfirm: Refusal(409),
    registrations.ScoreFileNotFound: Refusal(404),
    registrations.ScoreFileUnreadable: Refusal(422, (_LINE,)),
    registrations.ScoreFileAmbiguous: Refusal(422, (_LINE,)),
    draws.DuplicateBallot: Refusal(409),
    draws.DrawNotFound: Refusal(404),
    draws.DrawAborted: Refusal(409),
    draws.DrawNotAnnounced: Refusal(409),
    draws.DrawNotDrawn: Refusal(409),
    draws.DrawTooEarly: Refusal(409, (_ROUND, _PUBLISHED_AT, _RETRY_AFTER), retry_after=TRY_AGAIN),
    draws.RandomnessMismatch: Refusal(409),
    draws.BallotsMissing: Refusal(409),
    draws.BeaconNotGenuine: Refusal(503, (_REASON,), retry_after=TRY_AGAIN),
}


class Gate(NamedTuple):
    """A closed gate: the field it points to, and the text for people."""

    pointer: str
    detail: str


GATES: Final[Mapping[str, Gate]] = {
    "gate.invite_required": Gate(
        "/inviteCode", "the campaign is for invited fans: send an invite code that belongs to this fan"
    ),
    "gate.linked_account_required": Gate("", "the campaign asks for an account to be linked"),
    "gate.card_required": Gate("", "the campaign asks for a verified card"),
}
"""By the code of the gate."""


def problem_of(error: Exception) -> Problem:
    """The answer to an exception. The caller learns nothing about an unforeseen exception."""
    match error:
        case Problem():
            return error
        case InvalidValue():
            return invalid(FieldProblem("/" + error.field.replace(".", "/"), error.reason))
        case registrations.GatesClosed():
            return _gates_closed(error)
        case DomainError():
            return _refused(error)
        case HTTPException() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _of_framework(error)
        case _:
            return internal()


def _gates_closed(error: registrations.GatesClosed) -> Problem:
    errors = [FieldProblem(*GATES[gate], code=gate) for gate in error.gates]
    return Problem(REFUSALS[type(error)].status, error.gates[0], error.message, errors=errors)


def _refused(error: DomainError) -> Problem:
    refusal = REFUSALS[type(error)]
    errors = [FieldProblem("/column", error.detail)] if isinstance(error, codes.FileAmbiguous) else []
    return Problem(
        refusal.status,
        error.code,
        error.message,
        detail=error.detail,
        errors=errors,
        context=error.context,
        headers=_headers(error) if refusal.retry_after else {},
    )


def _headers(error: DomainError) -> dict[str, str]:
    """``retryAfter`` where the error has it; a short pause where it does not."""
    seconds = error.context.get(_RETRY_AFTER.name, RETRY_AFTER_SECONDS)
    headers = {"Retry-After": str(seconds)}
    if isinstance(error, RateLimited):
        headers["RateLimit-Policy"] = f'"{error.of}";q={error.per_minute};w=60'
        headers["RateLimit"] = f'"{error.of}";r=0;t={error.seconds}'
    return headers


_OF_FRAMEWORK: Final[Mapping[int, str]] = {
    404: NO_OPERATION,
    405: "this path does not take this method: the header Allow lists those that it takes",
}


def _of_framework(error: HTTPException) -> Problem:
    """404, 405 and the like, which the framework raises before an operation is reached."""
    phrase = HTTPStatus(error.status_code).phrase
    code = "request." + phrase.lower().replace(" ", "_").replace("-", "_")
    detail = _OF_FRAMEWORK.get(error.status_code, "")
    return Problem(error.status_code, code, f"{phrase}.", detail=detail, headers=dict(error.headers or {}))
