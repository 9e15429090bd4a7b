"""Errors of files: the uploaded file is missing, or is not text."""

from domain.model.errors import DomainError


class FileNotFound(DomainError):
    """There is no file under this key."""

    code = "codes.file_not_found"


def unreadable_detail(line: int, what: str, wanted: str) -> str:
    """For a file that is not text: its kind (``what``) or the first bad line, and how to fix it."""
    if what:
        return f"It is {what}. {wanted}"
    return f"Line {line} is not UTF-8 text. Save the file as UTF-8 and upload it again."
