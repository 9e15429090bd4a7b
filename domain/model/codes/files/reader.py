"""How the bytes of a file become codes (code-service REQ-006, "Data Sanitization").

The head of the file is looked at before any row comes out: what is no list of codes is refused, and the separator,
the header and the column are found. Then the reader takes bytes as they come and never keeps more than one
record, so a million rows need no more memory than a thousand (REQ-004). All its work is linear.
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
"""Of the head, so many lines say where the codes stand."""


class CodeFileReader:
    """Turns the bytes of a file into rows: ``feed`` it chunks, then ``close`` it.

    A quote that is never closed, or closed badly, spoils only the line it opens on; reading goes on with the
    next. What comes out does not depend on where the chunks were cut.
    """

    def __init__(self, options: FileOptions = DETECT) -> None:
        self._options = options
        self._utf8 = Utf8()
        self._lines = CodeLines()
        self._head: bytes | None = b""
        """What has come so far, while that is too little to look at."""
        self._rows: CodeRows | None = None

    @property
    def understood(self) -> Understood | None:
        """How the file is read, once its head has been looked at."""
        return self._rows.layout.understood(self._utf8.encoding) if self._rows else None

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """The rows that ``chunk`` completes.

        Raises FileUnreadable at the first line that is not UTF-8, or for a file that is something else;
        FileAmbiguous.
        """
        if self._head is None:
            yield from self._read(self._decoded(chunk))
            return
        self._head += chunk
        if len(self._head) >= HEAD_BYTES:
            yield from self._look()

    def close(self) -> Iterator[Row]:
        """The rows left at the end of the file."""
        if self._head is not None:
            yield from self._look()
        yield from self._read(self._decoded(b"", final=True))
        rows = self._rows
        assert rows is not None, "the head was looked at"
        yield from rows.read(self._lines.close())
        yield from rows.close()

    def _look(self) -> Iterator[Row]:
        """At the head, and then read it."""
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
        assert rows is not None, "the head was looked at"
        yield from rows.read(self._lines.feed(text))
