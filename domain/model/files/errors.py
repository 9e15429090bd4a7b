"""Errors of files: the uploaded file is missing, or is not text."""

from domain.model.errors import DomainError


class FileNotFound(DomainError):
    """There is no file under this key."""

    code = "codes.file_not_found"


def unreadable_detail(line: int, what: str, wanted: str) -> str:
    """Of a file that should be text: what it is instead, or where it stops being text, and how to mend it."""
    if what:
        return f"It is {what}. {wanted}"
    return f"Line {line} is no text in UTF-8. Save the file as UTF-8 and upload it again."
