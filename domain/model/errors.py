"""Every reason a command can be refused.

Each error has a stable dotted ``code``, a message (its docstring) and a small context that callers may read.
None of them knows of HTTP, and none may carry a phone, a code or a token.
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
        """What happened, in words for a person."""
        return inspect.getdoc(type(self)) or ""


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

    def __init__(self, part: str) -> None:
        super().__init__(part=part)


class CodesExhausted(DomainError):
    """Fewer codes are available than were asked for; none were reserved."""

    code = "codes.exhausted"

    def __init__(self, *, available: int) -> None:
        super().__init__(available=available)


class ReservationMismatch(DomainError):
    """This reserveId already holds codes of another type or in another number."""

    code = "reservation.mismatch"


class CodeNotFound(DomainError):
    """There is no such code in this campaign."""

    code = "codes.not_found"


class ImportNotFound(DomainError):
    """There is no such import in this campaign."""

    code = "codes.import_not_found"


class FileNotFound(DomainError):
    """There is no file under this key."""

    code = "codes.file_not_found"


class FileUnreadable(DomainError):
    """The file is not text in UTF-8."""

    code = "codes.file_unreadable"

    def __init__(self, *, line: int) -> None:
        super().__init__(line=line)
