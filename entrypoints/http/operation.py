"""An operation, declared once at its handler. Routes, OpenAPI, guards and limiter read the declaration."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from litestar.response import Stream

from domain.model.audit.changes import Audited
from domain.model.errors import DomainError, InvalidValue, RateLimited, Unavailable
from domain.usecases.registrations.limit_calls import Kind
from entrypoints.http.call import Call
from entrypoints.http.request.guards import Guard, fan, oneself, public, supreme, without_token
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import Reply
from entrypoints.http.wire import Wire

WHO: Final[Mapping[Guard, str]] = {
    supreme: "For administrators: the token must have `supreme: true`.",
    fan: "For fans, who reach only their own registration, and for administrators, who reach any.",
    oneself: "For every caller with a token. It reaches what belongs to its own `sub`, and nothing else.",
    without_token: "No token is needed.",
    public: "No token is needed.",
}
"""Who may call, by the guard."""

Result = Wire | Sequence[Wire] | Reply | Stream | None
"""What a handler returns: the body of the first declared answer, or a whole answer."""
Handler = Callable[[Call[Any]], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One successful answer: a struct, or another media type described in words."""

    body: Any = None
    description: str = ""
    example: Any = None
    media: Mapping[str, str] = field(default_factory=dict)
    """Other media types that a caller may ask for, each with an example line."""
    headers: Mapping[str, str] = field(default_factory=dict)


async def _no_handler(_: Call[Any]) -> Result:
    raise NotImplementedError("the declaration of an operation decorates its handler")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """What an operation promises, and the handler that keeps the promise."""

    id: str
    method: str
    path: str
    summary: str
    tag: str
    guard: Guard
    scope: Scope | None = None
    """The scope of its area, which a narrowed token of staff must have; None where no token is needed."""
    lists_reachable: bool = False
    """It is about all campaigns that the token reaches: a token for some of them is not refused, and gets less."""
    audit: Audited[Any, Any] | None = None
    """What the audit log keeps of its changes; None for an operation that changes nothing."""
    limit: Kind | None = None
    """Which calls of fans are counted together; None: they are not counted."""
    use_cases: tuple[type, ...] = ()
    """The docstring of the first is the description; ``raises`` of each is what may go wrong."""
    query: type[Wire] | None = None
    body: type[Wire] | None = None
    example: Any = None
    body_media: Mapping[str, str] = field(default_factory=dict)
    """Other media types of the body, each with an example. Without ``body``: the body is a file."""
    body_limit: int = 1024 * 1024
    """Bytes of JSON."""
    body_optional: bool = False
    """True where a request without a body means one with no members."""
    reads_body: bool = True
    """False where the handler reads the body itself."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers that change what happens, each with its meaning."""
    answers: Mapping[int, Answer]
    """By status; a handler that returns only a body means the first."""
    deprecated: bool = False
    documented: bool = True
    """False for what OpenAPI leaves out: the files of the documentation page."""
    handler: Handler = _no_handler

    def __call__(self, handler: Handler) -> "Operation":
        """The declaration decorates the handler, and together they are the operation."""
        return replace(self, handler=handler)

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.use_cases[0].__doc__ or "") if self.use_cases else ""

    @property
    def public(self) -> bool:
        """It needs no token."""
        return self.guard in {public, without_token}

    @property
    def scopes(self) -> frozenset[Scope]:
        """Each of them is enough. What only reads, may be read with the scope for reading, but for what is kept
        of persons and of staff."""
        if self.scope is None:
            return frozenset()
        reads = self.audit is None and self.scope is not Scope.PRIVACY
        return frozenset({self.scope, Scope.READ} if reads else {self.scope})

    @property
    def methods(self) -> tuple[str, ...]:
        """A ``GET`` that only reads can be asked with ``HEAD``, too: the same answer without its body."""
        return ("GET", "HEAD") if self.method == "GET" and self.audit is None else (self.method,)

    @property
    def of_campaign(self) -> bool:
        return "{campaignId}" in self.path

    @property
    def raises(self) -> tuple[type[DomainError], ...]:
        """The refusals of the use cases, and those that come before a use case is reached."""
        before: list[type[DomainError]] = [] if self.guard is public else [InvalidValue, Unavailable]
        before += [RateLimited] if self.limit else []
        own = [error for use_case in self.use_cases for error in raises_of(use_case)]
        return tuple(dict.fromkeys([*own, *before]))


def raises_of(use_case: type) -> tuple[type[DomainError], ...]:
    """The refusals that a use case declares."""
    declared: tuple[type[DomainError], ...] = vars(use_case)["raises"]
    return declared
