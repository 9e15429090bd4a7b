"""The part of the OpenAPI document that tells what can go wrong."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

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
from entrypoints.http.openapi_text import public
from entrypoints.http.operation import Operation
from entrypoints.http.problems import (
    GATES,
    MEDIA_TYPE,
    STATUS_OF,
    Problem,
    ProblemBody,
    forbidden,
    internal,
    malformed,
    too_large,
    unauthenticated,
    unsupported_media_type,
)

Schema = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/"
_REQUEST_ID: Final = {"X-Request-Id": "Names this answer in the logs; the caller's own, if it sent a sane one"}
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    unauthenticated("").code: {"WWW-Authenticate": "`Bearer`"},
    ConfirmationTooSoon.code: {"Retry-After": "Seconds to wait before asking again"},
    RateLimited.code: {"Retry-After": "Seconds to wait before asking again"},
    Unavailable.code: {"Retry-After": "Seconds to wait before trying again"},
}
"""What comes with a problem, by its code."""


class _Member(NamedTuple):
    meaning: str
    example: int | str

    @property
    def schema(self) -> Schema:
        return {"type": "integer" if isinstance(self.example, int) else "string", "description": self.meaning}


_MEMBERS: Final[Mapping[str, _Member]] = {
    "available": _Member("How many codes are available.", 1),
    "line": _Member("The line of the file, counted from 1.", 7),
    "attemptsLeft": _Member("How many more codes may be tried.", 4),
    "retryAfter": _Member("Seconds to wait before asking again.", 30),
    "part": _Member("What does not answer.", "store"),
}
"""What some problems tell beside what all have."""
CONTEXT: Final[Mapping[type[DomainError], tuple[str, ...]]] = {
    CodesExhausted: ("available",),
    FileUnreadable: ("line",),
    ScoreFileUnreadable: ("line",),
    WrongConfirmationCode: ("attemptsLeft",),
    ConfirmationTooSoon: ("retryAfter",),
    RateLimited: ("retryAfter",),
    Unavailable: ("part",),
}
"""Which of them, by the error; a test proves it complete."""


class PossibleProblem(NamedTuple):
    status: int
    code: str
    title: str
    context: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of its schema."""
        return "".join(word.capitalize() for word in re.split("[._]", self.code)) + "Problem"

    @property
    def has_errors(self) -> bool:
        return self.code == InvalidValue.code or self.code in GATES


def problems_of(operation: Operation, *, anyone: bool) -> Mapping[int, list[PossibleProblem]]:
    """What may go wrong with an operation, by status; ``anyone``: it needs no token."""
    possible = [_of_http(internal())]
    possible += [_of_model(error) for error in operation.raises if error not in {InvalidValue, GatesClosed}]
    if GatesClosed in operation.raises:
        possible += [PossibleProblem(STATUS_OF[GatesClosed], gate, _title_of(GatesClosed)) for gate in GATES]
    if not anyone:  # and then its path names a campaign
        possible += [_of_http(unauthenticated("")), _of_http(forbidden()), _of_model(InvalidValue)]
    if operation.body is not None:
        limit = too_large(operation.body_limit)
        possible += [_of_http(p) for p in (malformed(""), limit, unsupported_media_type("JSON"))]
    by_status: dict[int, list[PossibleProblem]] = {}
    for problem in sorted(possible, key=lambda problem: (problem.status, problem.code)):
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def problem_schemas(operations: Iterable[Operation]) -> dict[str, Schema]:
    """A schema for each problem, so that clients can tell them apart by ``code``."""
    found = {
        problem.name: _schema(problem)
        for operation in operations
        for anyone in (True, False)
        for problems in problems_of(operation, anyone=anyone).values()
        for problem in problems
    }
    _, shared = msgspec.json.schema_components([ProblemBody], ref_template=f"{_SCHEMAS}{{name}}")
    return dict(sorted((found | public(shared)).items()))


def _schema(problem: PossibleProblem) -> Schema:
    (body, *_), components = msgspec.json.schema_components([ProblemBody], ref_template=f"{_SCHEMAS}{{name}}")
    whole = public(components[body["$ref"].removeprefix(_SCHEMAS)])
    exact = {
        "code": {"type": "string", "const": problem.code},
        "status": {"type": "integer", "const": problem.status},
    }
    more = {name: _MEMBERS[name].schema for name in problem.context}
    always = [*whole["required"], *more, *(["errors"] if problem.has_errors else [])]
    return {
        "type": "object",
        "title": problem.name,
        "description": problem.title,
        "properties": whole["properties"] | exact | more,
        "required": always,
    }


def problem_document(problems: Iterable[PossibleProblem]) -> Schema:
    """The OpenAPI Response Object of one status."""
    problems = list(problems)
    return {
        "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "headers": headers_document(_headers_of(problems)),
        "content": {
            MEDIA_TYPE: {
                "schema": _any_of(problems),
                "examples": {problem.code: {"value": _example(problem)} for problem in problems},
            }
        },
    }


def _any_of(problems: Sequence[PossibleProblem]) -> Schema:
    """One of them, told apart by ``code``."""
    references = {problem.code: f"{_SCHEMAS}{problem.name}" for problem in problems}
    if len(references) == 1:
        return {"$ref": references[problems[0].code]}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "code", "mapping": references},
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
    return PossibleProblem(STATUS_OF[error], error.code, _title_of(error), CONTEXT.get(error, ()))


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
    return example | {name: _MEMBERS[name].example for name in problem.context}
