"""What can go wrong with an operation, and the members of each problem."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from domain.model.errors import DomainError, InvalidValue
from domain.model.registrations.errors import GatesClosed
from entrypoints.http.operation import Operation
from entrypoints.http.response.problems import (
    Problem,
    busy,
    campaign_not_allowed,
    forbidden,
    head_too_large,
    internal,
    malformed,
    overloaded,
    scope_missing,
    too_large,
    too_slow,
    unauthenticated,
    unsupported_media_type,
)
from entrypoints.http.response.refusals import GATES, REFUSALS, TRY_AGAIN, Member
from entrypoints.http.server.admission import EXEMPT


class PossibleProblem(NamedTuple):
    status: int
    code: str
    title: str
    members: tuple[Member, ...] = ()
    headers: Mapping[str, str] = {}
    """Headers that always come with it, each with its meaning."""

    @property
    def name(self) -> str:
        """The name of its schema."""
        return "".join(word.capitalize() for word in re.split("[._]", self.code)) + "Problem"

    @property
    def has_errors(self) -> bool:
        return self.code == InvalidValue.code or self.code in GATES


def problems_of(operation: Operation) -> Mapping[int, list[PossibleProblem]]:
    """What may go wrong with an operation, by status."""
    possible = [_of_http(problem) for problem in (internal(), too_slow(), head_too_large())]
    full = [busy()] if operation.path in EXEMPT else [busy(), overloaded()]
    possible += [_of_http(problem, **{"Retry-After": TRY_AGAIN}) for problem in full]
    for error in operation.raises:
        possible += _gates() if error is GatesClosed else [_of_model(error)]
    if not operation.public:
        possible.append(_of_http(unauthenticated(""), **{"WWW-Authenticate": "`Bearer`"}))
        possible += [_of_http(problem) for problem in (forbidden(), scope_missing(), campaign_not_allowed())]
    if operation.body is not None:
        limit = too_large(operation.body_limit)
        possible += [_of_http(problem) for problem in (malformed(""), limit, unsupported_media_type(""))]
    by_status: dict[int, list[PossibleProblem]] = {}
    for problem in sorted(possible, key=lambda problem: (problem.status, problem.code)):
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def _gates() -> list[PossibleProblem]:
    return [PossibleProblem(REFUSALS[GatesClosed].status, gate, _title_of(GatesClosed)) for gate in GATES]


def _of_model(error: type[DomainError]) -> PossibleProblem:
    refusal = REFUSALS[error]
    headers = {"Retry-After": refusal.retry_after} if refusal.retry_after else {}
    return PossibleProblem(refusal.status, error.code, _title_of(error), refusal.members, headers)


def _title_of(error: type[DomainError]) -> str:
    return " ".join((error.__doc__ or "").split())


def _of_http(problem: Problem, **headers: str) -> PossibleProblem:
    return PossibleProblem(problem.status, problem.code, problem.title, headers=headers)
