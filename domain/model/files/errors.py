"""Errors of files: the uploaded file is missing, or is not text."""

from domain.model.errors import DomainError


class FileNotFound(DomainError):
    """There is no file under this key."""

    code = "codes.file_not_found"


class UploadExists(DomainError):
    """There is a file under this name already."""

    code = "upload.exists"

    @property
    def detail(self) -> str:
        return "Choose another name, or send the request again with replace=true."


class UploadTooLarge(DomainError):
    """The file is larger than files may be."""

    code = "upload.too_large"

    def __init__(self, *, limit: int) -> None:
        """``limit``: bytes."""
        super().__init__(limit=limit)
        self.limit = limit

    @property
    def detail(self) -> str:
        return f"The limit is {self.limit:,} bytes. Nothing was stored. Split the file."


def unreadable_detail(line: int, what: str, wanted: str) -> str:
    """For a file that is not text: its kind (``what``) or the first bad line, and how to fix it."""
    if what:
        return f"It is {what}. {wanted}"
    return f"Line {line} is not UTF-8 text. Save the file as UTF-8 and upload it again."
