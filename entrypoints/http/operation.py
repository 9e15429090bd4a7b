"""What an operation promises its callers, beside the code that does it; OpenAPI is drawn from it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.model.errors import DomainError
from entrypoints.http.request.guards import Guard, fan, oneself, public, supreme

KEY: Final = "operation"
WHO: Final[Mapping[Guard, str]] = {
    supreme: "For administrators: the token must have `supreme: true`.",
    fan: "For fans, each of whom can reach nothing but the own registration; for administrators, any fan's.",
    oneself: "For everyone with a token: it reaches the registration of its own `sub` and no other.",
    public: "For everyone: no token is needed.",
}
"""Who may call, by the guard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One successful answer: a struct, or another media type described in words."""

    body: Any = None
    description: str = ""
    example: Any = None
    media: Mapping[str, str] = field(default_factory=dict)
    """Other media types a caller may ask for, each with an example line."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    id: str
    summary: str
    tag: str
    describes: object = None
    """The use case whose docstring is the description."""
    query: Any = None
    body: Any = None
    example: Any = None
    body_media: Mapping[str, str] = field(default_factory=dict)
    """Other media types of the body, each with an example."""
    body_limit: int = 1024 * 1024
    """Bytes of JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers that change what happens, each with its meaning."""
    answers: Mapping[int, Answer] = field(default_factory=dict)
    raises: tuple[type[DomainError], ...] = ()
    deprecated: bool = False

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.describes.__doc__ or "") if self.describes else ""


def documented(operation: Operation, guard: Guard) -> dict[str, Any]:
    """The arguments of a route handler that declare it: who may call, and what it promises."""
    # Before the request, not among the framework's guards: for each of those it copies the handler each time.
    return {"before_request": guard, "opt": {KEY: operation, "public": guard is public, "who": WHO[guard]}}
