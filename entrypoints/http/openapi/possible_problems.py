"""What can go wrong with an operation, and what each problem tells."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from domain.model.codes.errors import CodesExhausted, FileEmpty, FileUnreadable
from domain.model.errors import DomainError, InvalidValue, RateLimited, Unavailable
from domain.model.registrations.errors import (
    BudgetUsedUp,
    ConfirmationTooSoon,
    GatesClosed,
    PhoneCountry,
    ScoreFileAmbiguous,
    ScoreFileUnreadable,
    WrongConfirmationCode,
)
from entrypoints.http.operation import Operation
from entrypoints.http.response.problems import (
    GATES,
    STATUS_OF,
    Problem,
    busy,
    forbidden,
    head_too_large,
    internal,
    malformed,
    too_large,
    too_slow,
    unauthenticated,
    unsupported_media_type,
)

Schema = dict[str, Any]

HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    unauthenticated("").code: {"WWW-Authenticate": "`Bearer`"},
    ConfirmationTooSoon.code: {"Retry-After": "Seconds to wait before asking again"},
    BudgetUsedUp.code: {"Retry-After": "Seconds to wait before asking again"},
    RateLimited.code: {"Retry-After": "Seconds to wait before asking again"},
    Unavailable.code: {"Retry-After": "Seconds to wait before trying again"},
    busy().code: {"Retry-After": "Seconds to wait before trying again"},
}
"""What comes with a problem, by its code."""


class Member(NamedTuple):
    meaning: str
    example: int | str

    @property
    def schema(self) -> Schema:
        return {"type": "integer" if isinstance(self.example, int) else "string", "description": self.meaning}


MEMBERS: Final[Mapping[str, Member]] = {
    "available": Member("How many codes are available.", 1),
    "invalid": Member("How many rows of the file are no codes.", 3),
    "line": Member("The line of the file, counted from 1.", 7),
    "attemptsLeft": Member("How many more codes may be tried.", 4),
    "retryAfter": Member("Seconds to wait before asking again.", 30),
    "budget": Member("What the fan has used up.", "codes_per_day"),
    "countries": Member("The countries to whose numbers the campaign sends codes.", "US, CA"),
    "part": Member("What does not answer.", "store"),
}
"""What some problems tell beside what all have."""
CONTEXT: Final[Mapping[type[DomainError], tuple[str, ...]]] = {
    CodesExhausted: ("available",),
    FileUnreadable: ("line",),
    FileEmpty: ("invalid",),
    ScoreFileAmbiguous: ("line",),
    ScoreFileUnreadable: ("line",),
    WrongConfirmationCode: ("attemptsLeft",),
    ConfirmationTooSoon: ("retryAfter",),
    PhoneCountry: ("countries",),
    BudgetUsedUp: ("budget", "retryAfter"),
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


def problems_of(operation: Operation) -> Mapping[int, list[PossibleProblem]]:
    """What may go wrong with an operation, by status."""
    possible = [_of_http(problem) for problem in (internal(), too_slow(), head_too_large(), busy())]
    possible += [_of_model(error) for error in operation.raises if error not in {InvalidValue, GatesClosed}]
    if GatesClosed in operation.raises:
        possible += [PossibleProblem(STATUS_OF[GatesClosed], gate, _title_of(GatesClosed)) for gate in GATES]
    if not operation.public:
        possible += [_of_http(unauthenticated("")), _of_http(forbidden()), _of_model(InvalidValue)]
    if operation.body is not None:
        limit = too_large(operation.body_limit)
        possible += [_of_http(p) for p in (malformed(""), limit, unsupported_media_type(""))]
    by_status: dict[int, list[PossibleProblem]] = {}
    for problem in sorted(possible, key=lambda problem: (problem.status, problem.code)):
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def _of_model(error: type[DomainError]) -> PossibleProblem:
    return PossibleProblem(STATUS_OF[error], error.code, _title_of(error), CONTEXT.get(error, ()))


def _title_of(error: type[DomainError]) -> str:
    return " ".join((error.__doc__ or "").split())


def _of_http(problem: Problem) -> PossibleProblem:
    return PossibleProblem(problem.status, problem.code, problem.title)
