"""Errors as callers see them: ``application/problem+json`` (RFC 9457), one shape for every status.

No problem ever shows a stack trace, a phone, a code or a token.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from domain.model.errors import InvalidValue

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 1
NO_OPERATION: Final = "no operation has this path: /docs lists the operations"
_LINES_OF_JSON: Final = frozenset(
    f"{kind}/{prefix}{name}"
    for kind in ("application", "text")
    for prefix in ("", "x-")
    for name in ("ndjson", "jsonl", "jsonlines", "json-lines", "ldjson", "json-seq")
)
"""Other names that callers use for NDJSON."""


class FieldProblem(msgspec.Struct, omit_defaults=True):
    """Which field is wrong (RFC 6901 pointer into the body, or the parameter's name), and how.

    ``code`` is there where there is a stable one for it (`gate.…`).
    """

    pointer: str
    detail: str
    code: str = ""


class ProblemBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """An error (RFC 9457). ``code`` is stable; ``detail`` is for people. Some problems have more members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] = []


class Problem(Exception):  # what the RFC calls it
    """A refusal of HTTP's own, or the answer to a refusal of the model."""

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
            detail=self._explanation(),
            code=self.code,
            request_id=request_id,
            errors=list(self.errors),
        )
        return msgspec.json.encode({**msgspec.to_builtins(body), **self.context})

    def _explanation(self) -> str:
        """Every problem has a detail: the own one, the first field's, or the title."""
        first = next((f"{error.pointer} {error.detail}".strip() for error in self.errors), "")
        return self.detail or first or self.title


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


def scope_missing(detail: str = "") -> Problem:
    return Problem(403, "auth.scope", "The scopes of this token do not allow that.", detail=detail)


def campaign_not_allowed(detail: str = "") -> Problem:
    return Problem(403, "auth.campaign", "The campaigns of this token do not allow that.", detail=detail)


def unsupported_media_type(given: str, *accepted: str) -> Problem:
    """The answer does not repeat what was ``given``: it may hold anything."""
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


def overloaded() -> Problem:
    return Problem(
        503,
        "service.overloaded",
        "The service has more requests than it can answer. Try again in a moment.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def not_found() -> Problem:
    return Problem(404, "request.not_found", "Not Found.", detail=NO_OPERATION)


def internal() -> Problem:
    return Problem(500, "service.internal", "Something went wrong on our side.")
