"""Errors of codes: reservations, imports and the files of codes."""

from domain.model.errors import DomainError
from domain.model.files.errors import unreadable_detail


class CodesExhausted(DomainError):
    """Fewer codes are available than were asked for; none were reserved."""

    code = "codes.exhausted"

    def __init__(self, *, available: int, stocked: bool = True) -> None:
        """``stocked``: does the campaign have codes of this type at all?"""
        super().__init__(available=available, **({} if stocked else {"total": 0}))

    @property
    def detail(self) -> str:
        no_codes = "the campaign has no codes of this type: import some first"
        return no_codes if "total" in self.context else ""


class ReservationMismatch(DomainError):
    """This reserveId already holds codes of another type or in another number."""

    code = "reservation.mismatch"


class CodeNotFound(DomainError):
    """There is no such code in this campaign."""

    code = "codes.not_found"


class ImportNotFound(DomainError):
    """There is no such import in this campaign."""

    code = "codes.import_not_found"


class FileUnreadable(DomainError):
    """The file is not text in UTF-8."""

    code = "codes.file_unreadable"

    def __init__(self, *, line: int, what: str = "") -> None:
        """``what``: the kind of file it is instead, for people."""
        super().__init__(line=line)
        self.line = line
        self.what = what

    @property
    def detail(self) -> str:
        return unreadable_detail(self.line, self.what, "Upload the list itself: text in UTF-8, one code per line.")


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
        """``invalid``: the number of invalid rows; ``first``: line and reason of the first of them."""
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
