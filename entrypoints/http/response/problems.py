"""Errors as callers see them: ``application/problem+json`` (RFC 9457), one shape for every status.

Nothing here ever shows a stack trace, a phone, a code or a token.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from litestar.exceptions import HTTPException

from domain.model.codes.errors import (
    CodeNotFound,
    CodesExhausted,
    FileAmbiguous,
    FileEmpty,
    FileUnreadable,
    ImportNotFound,
    ImportRunning,
    ReservationMismatch,
)
from domain.model.errors import DomainError, InvalidValue, RateLimited, Unavailable
from domain.model.files.errors import FileNotFound
from domain.model.registrations.errors import (
    BudgetUsedUp,
    CampaignNotFound,
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationTooSoon,
    EntryNotFound,
    GatesClosed,
    InvalidConfirmationToken,
    NothingToConfirm,
    PhoneCountry,
    PhoneUnavailable,
    ScoreFileAmbiguous,
    ScoreFileNotFound,
    ScoreFileUnreadable,
    UserNotFound,
    WrongConfirmationCode,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 1
_LINES_OF_JSON: Final = frozenset(
    f"{kind}/{prefix}{name}"
    for kind in ("application", "text")
    for prefix in ("", "x-")
    for name in ("ndjson", "jsonl", "jsonlines", "json-lines", "ldjson", "json-seq")
)
"""Other names that callers give it."""

STATUS_OF: Final[Mapping[type[DomainError], int]] = {
    InvalidValue: 422,
    Unavailable: 503,
    RateLimited: 429,
    CodesExhausted: 409,
    ReservationMismatch: 409,
    CodeNotFound: 404,
    ImportNotFound: 404,
    FileNotFound: 404,
    FileUnreadable: 422,
    FileAmbiguous: 422,
    FileEmpty: 422,
    ImportRunning: 409,
    CampaignNotFound: 404,
    UserNotFound: 404,
    EntryNotFound: 404,
    CampaignNotOpen: 409,
    GatesClosed: 403,
    PhoneCountry: 422,
    PhoneUnavailable: 409,
    InvalidConfirmationToken: 422,
    ConfirmationSuperseded: 409,
    ConfirmationExpired: 410,
    ConfirmationExhausted: 429,
    WrongConfirmationCode: 422,
    ConfirmationTooSoon: 429,
    BudgetUsedUp: 429,
    NothingToConfirm: 409,
    ScoreFileNotFound: 404,
    ScoreFileUnreadable: 422,
    ScoreFileAmbiguous: 422,
}
"""The one place that gives the model's refusals an HTTP status; a test proves it complete."""


GATES: Final[Mapping[str, tuple[str, str]]] = {
    "gate.invite_required": (
        "/inviteCode",
        "the campaign is for invited fans, and this is no code of yours",
    ),
    "gate.linked_account_required": ("", "the campaign asks for an account to be linked"),
    "gate.card_required": ("", "the campaign asks for a verified card"),
}
"""Where each closed gate points to, and what it says."""


class FieldProblem(msgspec.Struct, omit_defaults=True):
    """Which field is wrong (RFC 6901 pointer into the body, or the parameter's name), and how.

    ``code`` is there where there is a stable one for it (`gate.…`).
    """

    pointer: str
    detail: str
    code: str = ""


class ProblemBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """An error (RFC 9457). ``code`` is stable; ``detail`` is for people. Some have members of their own, too."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str = ""
    errors: list[FieldProblem] = []


class Problem(Exception):  # what the RFC calls it
    """A refusal that only HTTP knows of, or one of the model's on its way out."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        detail: str = "",
        errors: Sequence[FieldProblem] = (),
        context: Mapping[str, int | str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.context = context or {}
        self.headers = headers or {}

    def body(self, request_id: str) -> bytes:
        body = ProblemBody(
            type=f"urn:fangate:problem:{self.code}",
            title=self.title,
            status=self.status,
            code=self.code,
            request_id=request_id,
            detail=self.detail,
            errors=list(self.errors),
        )
        return msgspec.json.encode({**msgspec.to_builtins(body), **self.context})


def malformed(detail: str) -> Problem:
    return Problem(400, "request.malformed", "The request cannot be read.", detail=detail)


def invalid(*errors: FieldProblem) -> Problem:
    return Problem(422, InvalidValue.code, "A value is not acceptable.", errors=errors)


def unauthenticated(detail: str) -> Problem:
    return Problem(
        401,
        "auth.unauthenticated",
        "A valid bearer token is needed.",
        detail=detail,
        headers={"WWW-Authenticate": "Bearer"},
    )


def forbidden() -> Problem:
    return Problem(403, "auth.forbidden", "This token does not allow that.")


def unsupported_media_type(given: str, *accepted: str) -> Problem:
    """What was ``given`` is repeated to nobody: it may hold anything."""
    advice = [f"send the header Content-Type with {' or '.join(accepted)}"]
    lines = [media for media in accepted if media.endswith("ndjson")]
    if lines and given in _LINES_OF_JSON:
        advice.append(f"for one JSON record a line that is {lines[0]}")
    title = "The service does not read this Content-Type here."
    return Problem(415, "request.unsupported_media_type", title, detail="; ".join(advice))


def too_large(limit: int) -> Problem:
    return Problem(413, "request.too_large", f"The body may have at most {limit} bytes.")


def head_too_large() -> Problem:
    title = "The request line and the headers may have at most 65536 bytes, the headers be at most 100."
    return Problem(431, "request.head_too_large", title)


def too_slow() -> Problem:
    return Problem(408, "request.too_slow", "The request did not arrive in time. Send it again without a pause.")


def busy() -> Problem:
    return Problem(
        503,
        "service.busy",
        "There are too many connections. Try again in a moment.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def not_found() -> Problem:
    return Problem(404, "request.not_found", "Not Found.")


def internal() -> Problem:
    return Problem(500, "service.internal", "Something went wrong on our side.")


def problem_of(error: Exception) -> Problem:
    """What to tell of any exception; of one nobody foresaw, nothing."""
    match error:
        case Problem():
            return error
        case InvalidValue():
            return invalid(FieldProblem(_pointer(error.field), error.reason))
        case DomainError():
            return _of_model(error)
        case HTTPException() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _of_framework(error)
        case _:
            return internal()


def _of_model(error: DomainError) -> Problem:
    status = STATUS_OF[type(error)]
    if isinstance(error, GatesClosed):
        errors = [FieldProblem(*GATES[gate], code=gate) for gate in error.gates]
        return Problem(status, error.gates[0], error.message, errors=errors)
    headers = {}
    if isinstance(error, ConfirmationTooSoon | BudgetUsedUp):
        headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.seconds)
        headers["RateLimit-Policy"] = f'"{error.of}";q={error.per_minute};w=60'
        headers["RateLimit"] = f'"{error.of}";r=0;t={error.seconds}'
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    errors = [FieldProblem("/column", error.detail)] if isinstance(error, FileAmbiguous) else []
    return Problem(
        status,
        error.code,
        error.message,
        detail=error.detail,
        errors=errors,
        context=error.context,
        headers=headers,
    )


def _of_framework(error: HTTPException) -> Problem:
    """404, 405 and the like, which the framework raises before any of our code runs."""
    phrase = HTTPStatus(error.status_code).phrase
    code = "request." + phrase.lower().replace(" ", "_").replace("-", "_")
    return Problem(error.status_code, code, f"{phrase}.", headers=dict(error.headers or {}))


def _pointer(field: str) -> str:
    return "/" + field.replace(".", "/")
