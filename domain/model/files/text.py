"""From the bytes of an uploaded file to its lines: the floor under every reader of files.

Files come from spreadsheets, databases and scripts, so they come with byte order marks, in UTF-16, and with the
line ends of three systems. Readers see UTF-8 without marks, line by line, in constant memory.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

MAX_LINE_BYTES: Final = 65_536
_MARK: Final = codecs.BOM_UTF8
_MARKS: Final = re.compile(rb"\A(?:\xef\xbb\xbf)+")
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ENOUGH_TO_TELL: Final = 4


class Utf8:
    """Bytes in, the same text in UTF-8 out, without byte order marks at its beginning.

    UTF-16 is known by its mark. Bytes that are neither pass unchanged: the reader knows in which line they stand.
    What comes out does not depend on where the chunks were cut.
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""
        """What has come so far, while that is too little to tell the encoding by."""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False
        self._marks = b""
        """The beginning of what may be a mark."""

    @property
    def encoding(self) -> str:
        return "utf-16" if self._decoder else "utf-8"

    def feed(self, chunk: bytes) -> bytes:
        """Raises UnicodeError for what is not UTF-16 in a file that began so."""
        return self._without_marks(self._decoded(chunk, final=False), final=False)

    def close(self) -> bytes:
        """What was kept back. Raises UnicodeError for half a character of UTF-16."""
        return self._without_marks(self._decoded(b"", final=True), final=True)

    def _decoded(self, data: bytes, *, final: bool) -> bytes:
        if self._head is not None:
            data = self._head + data
            if len(data) < _ENOUGH_TO_TELL and not final:
                self._head = data
                return b""
            self._head = None
            if encoding := _utf16(data):
                self._decoder = codecs.getincrementaldecoder(encoding)()
        return data if self._decoder is None else self._decoder.decode(data, final).encode()

    def _without_marks(self, text: bytes, *, final: bool) -> bytes:
        if self._begun:
            return text
        text = _MARKS.sub(b"", self._marks + text, count=1)
        if _MARK.startswith(text) and not final:
            self._marks = text
            return b""
        self._begun = True
        return text


def _utf16(data: bytes) -> str | None:
    """By its mark, if text of ours may follow: all that we read begins with a character of ASCII."""
    mark, unit = data[:2], data[2:4]
    encoding = _UTF16.get(mark)
    high = unit[1:2] if mark == codecs.BOM_UTF16_LE else unit[:1]
    return encoding if unit == mark or high in {b"", b"\0"} else None


class Lines:
    """Bytes in, lines out without their ends (LF, CR or CRLF): a line too long to keep comes out as None."""

    def __init__(self) -> None:
        self._tail = b""
        self._skipping = False
        """Inside a line too long to keep, until its end comes."""

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        lines = (self._tail + chunk).splitlines(keepends=True)
        self._tail = b""
        if lines and not lines[-1].endswith(b"\n"):  # Still open; or a CR whose LF may be about to come.
            self._tail = lines.pop()
        for line in lines:
            yield from self._ended(line)
        if len(self._tail) > MAX_LINE_BYTES and not self._tail.endswith(b"\r"):
            if not self._skipping:
                yield None
            self._tail, self._skipping = b"", True

    def close(self) -> Iterator[bytes | None]:
        """The last line, if it has no end."""
        if self._tail:
            yield from self._ended(self._tail)
            self._tail = b""

    def _ended(self, line: bytes) -> Iterator[bytes | None]:
        if not self._skipping:
            text = line.rstrip(b"\r\n")
            yield text if len(text) <= MAX_LINE_BYTES else None
        self._skipping = False
