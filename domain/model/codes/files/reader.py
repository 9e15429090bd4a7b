"""Reads the codes of a file (code-service REQ-006, "Data Sanitization").

The reader looks at the head of the file before it returns a row. It refuses files that are not a list of codes,
and finds the separator, the header and the column. Then it reads the file as a stream and keeps only one record in
memory, so a million rows need no more memory than a thousand (code-service REQ-004). The work is linear.
"""

from collections.abc import Iterator
from typing import Final

from domain.model.codes.errors import FileUnreadable
from domain.model.codes.files.layout import DETECT, FileOptions, Understood, layout_of
from domain.model.codes.files.lines import CodeLines
from domain.model.codes.files.rows import CodeRows, Row
from domain.model.files.foreign import foreign_bytes, foreign_text
from domain.model.files.text import Utf8

HEAD_BYTES: Final = 262_144
HEAD_LINES: Final = 2_000
"""The layout is found in at most this many lines of the head."""


class CodeFileReader:
    """Turns the bytes of a file into rows: call ``feed`` for each chunk, then ``close``.

    When a quote is not closed, or is closed in the wrong place, only the line where it opens is bad. Reading
    continues with the next line. The rows do not depend on how the file was cut into chunks.
    """

    def __init__(self, options: FileOptions = DETECT) -> None:
        self._options = options
        self._utf8 = Utf8()
        self._lines = CodeLines()
        self._head: bytes | None = b""
        """The bytes so far, while they are too few to find the layout."""
        self._rows: CodeRows | None = None

    @property
    def understood(self) -> Understood | None:
        """How the file is read. Known after the head was read."""
        return self._rows.layout.understood(self._utf8.encoding) if self._rows else None

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """The rows that ``chunk`` completes.

        Raises FileUnreadable at the first line that is not UTF-8 and for files of another kind, FileAmbiguous.
        """
        if self._head is None:
            yield from self._read(self._decoded(chunk))
            return
        self._head += chunk
        if len(self._head) >= HEAD_BYTES:
            yield from self._read_head()

    def close(self) -> Iterator[Row]:
        """The last rows of the file."""
        if self._head is not None:
            yield from self._read_head()
        yield from self._read(self._decoded(b"", final=True))
        rows = self._rows
        assert rows is not None, "the head was read"
        yield from rows.read(self._lines.close())
        yield from rows.close()

    def _read_head(self) -> Iterator[Row]:
        """Find the layout in the head, then read the rows of the head."""
        head, self._head = self._head or b"", None
        if what := foreign_bytes(head):
            raise FileUnreadable(line=1, what=what)
        text = self._decoded(head)
        lines = text[:HEAD_BYTES].decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if what := foreign_text("\n".join(lines[:10])):
            raise FileUnreadable(line=1, what=what)
        whole = (lines[:-1] if len(text) >= HEAD_BYTES else lines)[:HEAD_LINES]
        self._rows = CodeRows(layout_of(whole, self._options), self._options)
        yield from self._read(text)

    def _decoded(self, chunk: bytes, *, final: bool = False) -> bytes:
        try:
            return self._utf8.feed(chunk) + (self._utf8.close() if final else b"")
        except UnicodeError as error:
            raise FileUnreadable(line=self._lines.number + 1) from error

    def _read(self, text: bytes) -> Iterator[Row]:
        rows = self._rows
        assert rows is not None, "the head was read"
        yield from rows.read(self._lines.feed(text))
