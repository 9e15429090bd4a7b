"""The part of the OpenAPI document that tells what can go wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from domain.model.errors import (
    CodesExhausted,
    ConfirmationTooSoon,
    DomainError,
    FileUnreadable,
    GatesClosed,
    InvalidValue,
    RateLimited,
    ScoreFileUnreadable,
    Unavailable,
    WrongConfirmationCode,
)
from entrypoints.http.operation import Operation
from entrypoints.http.problems import (
    GATES,
    MEDIA_TYPE,
    STATUS_OF,
    Problem,
    forbidden,
    malformed,
    too_large,
    unauthenticated,
    unsupported_media_type,
)

Schema = dict[str, Any]

_REQUEST_ID: Final = {"X-Request-Id": "Names this answer in the logs; the caller's own, if it sent a sane one"}
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    unauthenticated("").code: {"WWW-Authenticate": "`Bearer`"},
    ConfirmationTooSoon.code: {"Retry-After": "Seconds to wait before asking again"},
    RateLimited.code: {"Retry-After": "Seconds to wait before asking again"},
    Unavailable.code: {"Retry-After": "Seconds to wait before trying again"},
}
"""What comes with a problem, by its code."""
_CONTEXT: Final[Mapping[type[DomainError], Mapping[str, int | str]]] = {
    CodesExhausted: {"available": 1},
    FileUnreadable: {"line": 7},
    ScoreFileUnreadable: {"line": 7},
    WrongConfirmationCode: {"attemptsLeft": 4},
    ConfirmationTooSoon: {"retryAfter": 30},
    RateLimited: {"retryAfter": 1},
    Unavailable: {"part": "store"},
}


class PossibleProblem(NamedTuple):
    status: int
    code: str
    title: str
    context: Mapping[str, int | str] = {}


def problems_of(operation: Operation, *, public: bool) -> Mapping[int, list[PossibleProblem]]:
    """What may go wrong with an operation, by status; ``public``: it needs no token."""
    possible = [_of_model(error) for error in operation.raises if error not in {InvalidValue, GatesClosed}]
    if GatesClosed in operation.raises:
        possible += [PossibleProblem(STATUS_OF[GatesClosed], gate, _title_of(GatesClosed)) for gate in GATES]
    if not public:  # and then its path names a campaign
        possible += [_of_http(unauthenticated("")), _of_http(forbidden()), _of_model(InvalidValue)]
    if operation.body is not None:
        limit = too_large(operation.body_limit)
        possible += [_of_http(p) for p in (malformed(""), limit, unsupported_media_type("JSON"))]
    by_status: dict[int, list[PossibleProblem]] = {}
    for problem in sorted(possible, key=lambda problem: (problem.status, problem.code)):
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def problem_document(status: int, problems: Iterable[PossibleProblem], schema: Schema) -> Schema:
    """The OpenAPI Response Object of one status."""
    problems = list(problems)
    return {
        "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "headers": headers_document(_headers_of(problems)),
        "content": {
            MEDIA_TYPE: {
                "schema": schema,
                "examples": {problem.code: {"value": _example(problem)} for problem in problems},
            }
        },
    }


def _headers_of(problems: Iterable[PossibleProblem]) -> Mapping[str, str]:
    """Those that every problem of this status has."""
    each = [_HEADERS.get(problem.code, {}) for problem in problems]
    return {name: each[0][name] for name in each[0] if all(name in headers for headers in each)}


def headers_document(headers: Mapping[str, str]) -> Schema:
    """Headers that this answer always has, the request's id among them."""
    return {
        name: {"description": meaning, "required": True, "schema": {"type": "string"}}
        for name, meaning in (_REQUEST_ID | dict(headers)).items()
    }


def _of_model(error: type[DomainError]) -> PossibleProblem:
    return PossibleProblem(STATUS_OF[error], error.code, _title_of(error), _CONTEXT.get(error, {}))


def _title_of(error: type[DomainError]) -> str:
    return " ".join((error.__doc__ or "").split())


def _of_http(problem: Problem) -> PossibleProblem:
    return PossibleProblem(problem.status, problem.code, problem.title)


def _example(problem: PossibleProblem) -> Schema:
    example: Schema = {
        "type": f"urn:fangate:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "requestId": "4be0f1a0c2c94f6f",
    }
    if problem.code == InvalidValue.code:
        example["errors"] = [{"pointer": "/type", "detail": "is not one of the values allowed here"}]
    if gate := GATES.get(problem.code):
        pointer, detail = gate
        example["errors"] = [{"pointer": pointer, "detail": detail, "code": problem.code}]
    return example | dict(problem.context)
