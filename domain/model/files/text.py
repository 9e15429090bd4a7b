"""Turns the bytes of an uploaded file into UTF-8 text and lines, in constant memory.

Files come from spreadsheets, databases and scripts. They may have byte order marks, be in UTF-16, and use the line
ends of three systems. The readers get UTF-8 without byte order marks.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

MAX_LINE_BYTES: Final = 65_536
_MARK: Final = codecs.BOM_UTF8
_MARKS: Final = re.compile(rb"\A(?:\xef\xbb\xbf)+")
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ENOUGH_TO_DETECT: Final = 4


class Utf8:
    """Turns bytes into UTF-8 text without leading byte order marks.

    UTF-16 is detected by its byte order mark. Bytes in another encoding pass unchanged; the reader that calls this
    knows their line and reports it. The result does not depend on how the file was cut into chunks.
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""
        """The bytes so far, while they are too few to detect the encoding."""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False
        self._marks = b""
        """The beginning of a possible byte order mark."""

    @property
    def encoding(self) -> str:
        return "utf-16" if self._decoder else "utf-8"

    def feed(self, chunk: bytes) -> bytes:
        """Raises UnicodeError when a file that began as UTF-16 contains other bytes."""
        return self._without_marks(self._decoded(chunk, final=False), final=False)

    def close(self) -> bytes:
        """The rest of the text. Raises UnicodeError when the file ends inside a UTF-16 character."""
        return self._without_marks(self._decoded(b"", final=True), final=True)

    def _decoded(self, data: bytes, *, final: bool) -> bytes:
        if self._head is not None:
            data = self._head + data
            if len(data) < _ENOUGH_TO_DETECT and not final:
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
    """The encoding by its byte order mark. All our files begin with an ASCII character, so one must follow the
    mark."""
    mark, unit = data[:2], data[2:4]
    encoding = _UTF16.get(mark)
    high = unit[1:2] if mark == codecs.BOM_UTF16_LE else unit[:1]
    return encoding if unit == mark or high in {b"", b"\0"} else None


class Lines:
    """Turns bytes into lines without their ends (LF, CR or CRLF). None stands for a line that is too long."""

    def __init__(self) -> None:
        self._tail = b""
        self._skipping = False
        """Set inside a line that is too long, until its end."""

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        lines = (self._tail + chunk).splitlines(keepends=True)
        self._tail = b""
        if lines and not lines[-1].endswith(
            b"\n"
        ):  # The line is not complete, or the LF of a CR may come with the next chunk.
            self._tail = lines.pop()
        for line in lines:
            yield from self._ended(line)
        if len(self._tail) > MAX_LINE_BYTES and not self._tail.endswith(b"\r"):
            if not self._skipping:
                yield None
            self._tail, self._skipping = b"", True

    def close(self) -> Iterator[bytes | None]:
        """The last line, if it has no line end."""
        if self._tail:
            yield from self._ended(self._tail)
            self._tail = b""

    def _ended(self, line: bytes) -> Iterator[bytes | None]:
        if not self._skipping:
            text = line.rstrip(b"\r\n")
            yield text if len(text) <= MAX_LINE_BYTES else None
        self._skipping = False
