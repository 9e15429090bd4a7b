"""Every reason a command can be refused.

Each error has a stable dotted ``code``, a message (its docstring) and a small context that callers may read.
None of them knows of HTTP, and none may carry a phone, a code or a token.
"""

import inspect
from collections.abc import Mapping, Sequence
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

    @property
    def detail(self) -> str:
        """More about this very case, and how to mend it, for people; may be empty."""
        return ""

    @property
    def logged(self) -> Mapping[str, int | str]:
        """For a line in the log."""
        return {"code": self.code, **self.context}


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
        """``reason`` is for operators: why, without anything that is stored or secret."""
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


def _not_text(line: int, what: str, wanted: str) -> str:
    """Of a file that should be text: what it is instead, or where it stops being text, and how to mend it."""
    if what:
        return f"It is {what}. {wanted}"
    return f"Line {line} is no text in UTF-8. Save the file as UTF-8 and upload it again."


class FileUnreadable(DomainError):
    """The file is not text in UTF-8."""

    code = "codes.file_unreadable"

    def __init__(self, *, line: int, what: str = "") -> None:
        """``what``: what the file is instead, in words."""
        super().__init__(line=line)
        self.line = line
        self.what = what

    @property
    def detail(self) -> str:
        return _not_text(self.line, self.what, "Upload the list itself: text in UTF-8, a code a line.")


class FileAmbiguous(DomainError):
    """It is not clear which column of the file holds the codes; nothing was stored."""

    code = "codes.file_ambiguous"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    @property
    def detail(self) -> str:
        return f"{self.reason}. Say which column holds the codes: column, its number from 1 or its name."


class FileEmpty(DomainError):
    """There is no code in the file; nothing was stored."""

    code = "codes.file_empty"

    def __init__(self, *, invalid: int, first: str = "") -> None:
        """``invalid``: how many rows are no codes; ``first``: line and reason of the first of them."""
        super().__init__(invalid=invalid)
        self.first = first

    @property
    def detail(self) -> str:
        return (
            f"{self.first}. Are the codes in another column (column)?" if self.first else "The file has no rows."
        )


class ImportRunning(DomainError):
    """The import is under way; it can be taken back when it has ended."""

    code = "codes.import_running"


class CampaignNotFound(DomainError):
    """There is no such campaign."""

    code = "campaign.not_found"


class CampaignNotOpen(DomainError):
    """The campaign does not take registrations now."""

    code = "campaign.not_open"


class UserNotFound(DomainError):
    """There is no such fan."""

    code = "user.not_found"


class EntryNotFound(DomainError):
    """This fan is not registered for the campaign."""

    code = "entry.not_found"


class GatesClosed(DomainError):
    """The fan does not meet what the campaign asks for."""

    code = "gate.closed"

    def __init__(self, gates: Sequence[str]) -> None:
        super().__init__()
        self.gates = tuple(gates)


class PhoneUnavailable(DomainError):
    """This number cannot be used for this campaign."""

    code = "phone.unavailable"


class PhoneCountry(DomainError):
    """The campaign sends no codes to numbers of this country."""

    code = "phone.country"

    def __init__(self, *, countries: str) -> None:
        """``countries``: those to which it does."""
        super().__init__(countries=countries)


class InvalidConfirmationToken(DomainError):
    """The confirmation token is not one of ours, or not this fan's."""

    code = "confirmation.invalid_token"


class ConfirmationSuperseded(DomainError):
    """The phone was changed, or a newer code was sent."""

    code = "confirmation.superseded"


class ConfirmationExpired(DomainError):
    """The code is too old; ask for another."""

    code = "confirmation.expired"


class ConfirmationExhausted(DomainError):
    """Too many wrong codes; ask for another."""

    code = "confirmation.exhausted"


class WrongConfirmationCode(DomainError):
    """That is not the code that was sent."""

    code = "confirmation.wrong_code"

    def __init__(self, *, attempts_left: int) -> None:
        super().__init__(attemptsLeft=attempts_left)


class ConfirmationTooSoon(DomainError):
    """Another code can be sent later."""

    code = "confirmation.too_soon"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(retryAfter=seconds)
        self.seconds = seconds


class BudgetUsedUp(DomainError):
    """One fan may use no more numbers, be sent no more codes, or fail no more challenges for now."""

    code = "confirmation.budget"

    def __init__(self, *, budget: str, seconds: int) -> None:
        super().__init__(budget=budget, retryAfter=seconds)
        self.seconds = seconds


class NothingToConfirm(DomainError):
    """The phone of this registration is confirmed already."""

    code = "confirmation.not_pending"


class ScoreFileNotFound(DomainError):
    """There is no file under this key."""

    code = "scoring.file_not_found"


class ScoreFileUnreadable(DomainError):
    """The file is not text in UTF-8, or UTF-16 with a byte order mark. Save it as CSV in UTF-8."""

    code = "scoring.file_unreadable"

    def __init__(self, *, line: int, what: str = "") -> None:
        """``what``: what the file is instead, in words."""
        super().__init__(line=line)
        self.line = line
        self.what = what

    @property
    def detail(self) -> str:
        return _not_text(self.line, self.what, "Upload the scores as CSV: text in UTF-8, a fan a line.")


class ScoreFileAmbiguous(DomainError):
    """Nothing was stored: the first line is no record, and does not name the columns userId and score."""

    code = "scores.file_ambiguous"

    def __init__(self, *, line: int) -> None:
        super().__init__(line=line)

    @property
    def detail(self) -> str:
        return (
            "Let the first line name the columns, such as userId,score or userId,score,selection in any order, "
            "with one of , ; tab | between them."
        )
