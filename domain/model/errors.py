"""The base of all errors, and the errors that all areas share. Each area has its own ``errors`` module.

An error means that the command was refused. It has a stable dotted ``code``, a message (its docstring) and a small
context that callers may read. It knows nothing of HTTP and never contains a phone number, a code or a token.
"""

import inspect
from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """The command was refused."""

    code: ClassVar[str]

    def __init__(self, **context: int | str) -> None:
        super().__init__(self.message)
        self.context: Mapping[str, int | str] = context

    @property
    def message(self) -> str:
        """What happened, for people."""
        return inspect.getdoc(type(self)) or ""

    @property
    def detail(self) -> str:
        """Details of this case and how to fix it, for people. May be empty."""
        return ""

    @property
    def logged(self) -> Mapping[str, int | str]:
        """The fields for a log line."""
        return {"code": self.code, **self.context}


Refusals = tuple[type[DomainError], ...]
"""The errors that a use case declares. It raises no others, but for Unavailable where a port does not answer."""


class InvalidValue(DomainError):
    """A value is not acceptable."""

    code = "request.invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__()
        self.field = field
        self.reason = reason


class Unavailable(DomainError):
    """A part of the system that this needs is not answering; try again in a moment."""

    code = "service.unavailable"

    def __init__(self, part: str, *, reason: str = "") -> None:
        """``reason`` is for operators. It contains no stored data and no secret."""
        super().__init__(part=part)
        self.part = part
        self.reason = reason

    @property
    def logged(self) -> Mapping[str, int | str]:
        return {**super().logged, "reason": self.reason} if self.reason else super().logged


class RateLimited(DomainError):
    """This is more often than one caller may ask; try again later."""

    code = "rate.limited"

    def __init__(self, *, of: str, per_minute: int, seconds: int) -> None:
        """``of``: what is counted, ``writes``, ``reads`` or ``address``."""
        super().__init__(retryAfter=seconds)
        self.of = of
        self.per_minute = per_minute
        self.seconds = seconds
