"""How the bytes of a file become codes (code-service REQ-006, "Data Sanitization").

The head of the file is looked at before any row comes out: what is no list of codes is refused, and the separator,
the header and the column are found. Then the reader takes bytes as they come and never keeps more than one
record, so a million rows need no more memory than a thousand (REQ-004). All its work is linear.
"""

import codecs
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.model.code_cells import Reason, named, reason_against
from domain.model.code_layouts import LOOK, FileOptions, Layout, Understood, is_known_header, layout_of
from domain.model.errors import FileUnreadable
from domain.model.foreign_files import foreign_bytes, foreign_text
from domain.model.records import Record, State
from domain.model.spreadsheets import unguarded
from domain.model.text_files import Utf8

HEAD_BYTES: Final = 262_144
HEAD_LINES: Final = 2_000
"""Of the head, so many lines say where the codes stand."""
MAX_RECORD_LENGTH: Final = 65_536
"""Characters of one record, line breaks inside quotes included; a longer one is refused, not kept in memory."""
MAX_RECORD_LINES: Final = 1_000

_MAX_BYTES_PER_CHARACTER: Final = 4


class Row(NamedTuple):
    """One record of the file: a code, or a reason why it is none, or neither (a blank)."""

    line: int
    code: str = ""
    reason: Reason | None = None
    detail: str = ""
    is_header: bool = False
    """The first row, which names the columns."""


class CodeFileReader:
    """Turns the bytes of a file into rows: ``feed`` it chunks, then ``close`` it.

    A quote that is never closed, or closed badly, spoils only the line it opens on; reading goes on with the
    next. What comes out does not depend on where the chunks were cut.
    """

    def __init__(self, options: FileOptions = LOOK) -> None:
        self._options = options
        self._utf8 = Utf8()
        self._lines = _TextLines()
        self._head: bytes | None = b""
        """What has come so far, while that is too little to look at."""
        self._rows: _Rows | None = None

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
        self._rows = _Rows(layout_of(whole, self._options), self._options)
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


class _TextLines:
    """UTF-8 in, lines out; LF, CR and CRLF end one. A line too long to keep comes out as None."""

    def __init__(self) -> None:
        self.number = 0
        """Of the last line that came out."""
        self._tail = b""
        self._skipping: codecs.IncrementalDecoder | None = None
        """Inside a line too long to keep, until its end comes: it must be UTF-8 all the same."""

    def feed(self, data: bytes) -> Iterator[str | None]:
        data = self._tail + data
        held = data.endswith(b"\r")  # Its LF may be about to come.
        data = data[:-1] if held else data
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._skipping:
            data = self._skip(data)
        block, line_end, self._tail = data.rpartition(b"\n")
        if line_end:
            yield from self._decode(block)
        if len(self._tail) > MAX_RECORD_LENGTH * _MAX_BYTES_PER_CHARACTER:
            self.number += 1
            yield None
            self._skipping = codecs.getincrementaldecoder("utf-8")()
            self._tail = self._skip(self._tail)
        if held:
            self._tail += b"\r"

    def close(self) -> Iterator[str | None]:
        rest = self._tail.removesuffix(b"\r")
        if self._skipping:
            self._skip(rest + b"\n")
        elif rest or self._tail:
            yield from self._decode(rest)

    def _skip(self, data: bytes) -> bytes:
        """What follows the line too long to keep."""
        assert self._skipping is not None
        skipped, line_end, rest = data.partition(b"\n")
        try:
            self._skipping.decode(skipped, final=bool(line_end))
        except UnicodeDecodeError as error:
            raise FileUnreadable(line=self.number) from error
        if line_end:
            self._skipping = None
        return rest

    def _decode(self, block: bytes) -> Iterator[str | None]:
        try:
            lines = block.decode().split("\n")
        except UnicodeDecodeError as error:
            before = block.count(b"\n", 0, error.start)
            raise FileUnreadable(line=self.number + before + 1) from error
        for line in lines:
            self.number += 1
            yield line if len(line) <= MAX_RECORD_LENGTH else None


class _Rows:
    """Lines in, rows out."""

    def __init__(self, layout: Layout, options: FileOptions) -> None:
        self.layout = layout
        self._accept = options.accept
        self._line = 0
        self._open: list[str] = []
        """The lines, so far, of a record whose quotes are still open,"""
        self._record: Record | None = None
        """what has been read of it,"""
        self._length = 0
        """and how long it is."""
        self._to_come = layout.header
        """The header is still to come."""

    def read(self, lines: Iterable[str | None]) -> Iterator[Row]:
        """None for a line that was too long to keep."""
        for line in lines:
            self._line += 1
            if line is None:
                yield from self._give_up(self._line - 1)
                yield Row(self._line, reason=Reason.TOO_LONG)
            elif self._record is not None:
                yield from self._go_on(line)
            elif '"' in line:
                yield from self._begin(line)
            elif self._line >= self.layout.first_line:
                yield self._row(self._line, self._cell(line), len(line))

    def close(self) -> Iterator[Row]:
        yield from self._give_up(self._line)

    def _cell(self, line: str) -> str:
        layout = self.layout
        if layout.column == 0:
            return line.partition(layout.separator)[0]
        cells = line.split(layout.separator, layout.column + 1)
        return cells[layout.column] if layout.column < len(cells) else ""

    def _begin(self, line: str, *, alone: bool = False) -> Iterator[Row]:
        """A line with quotes. ``alone``: it is known that what it leaves open is never closed."""
        if self._line < self.layout.first_line:
            return
        record = Record(self.layout.separator, only=self.layout.column)
        state = record.add(line)
        if state is State.COMPLETE:
            yield self._row(self._line, record.wanted, len(line))
        elif state is State.BAD or alone:
            yield self._row(self._line, "", len(line), reason=Reason.BADLY_QUOTED)
        else:
            self._open, self._record, self._length = [line], record, len(line)

    def _go_on(self, line: str) -> Iterator[Row]:
        assert self._record is not None
        start = self._line - len(self._open)
        self._open.append(line)
        self._length += 1 + len(line)
        state = self._record.add(line)
        if state is State.COMPLETE:
            record, length = self._record, self._length
            self._open, self._record = [], None
            yield self._row(start, record.wanted, length)
        elif state is State.BAD or self._length > MAX_RECORD_LENGTH or len(self._open) > MAX_RECORD_LINES:
            yield from self._give_up(self._line, more_to_come=True)

    def _give_up(self, last: int, *, more_to_come: bool = False) -> Iterator[Row]:
        """The quotes that are open are not closed by the line ``last``: only the line they opened on is bad.

        What the lines between leave open would go on as these quotes did, and so be bad as well: only the last may
        open a record of several lines. That is why no line is read more than three times.
        """
        if self._record is None:
            return
        first, *others = self._open
        here = self._line
        self._open, self._record = [], None
        self._line = last - len(others)
        yield self._row(self._line, "", len(first), reason=Reason.BADLY_QUOTED)
        for line in others:
            self._line += 1
            yield from self._again(line, alone=not (more_to_come and self._line == last))
        self._line = here

    def _again(self, line: str, *, alone: bool) -> Iterator[Row]:
        if '"' in line:
            yield from self._begin(line, alone=alone)
        else:
            yield self._row(self._line, self._cell(line), len(line))

    def _row(self, line: int, cell: str, length: int, *, reason: Reason | None = None) -> Row:
        code = cell.strip()
        if self._to_come and (code or reason):
            self._to_come = False
            return Row(line, reason=Reason.HEADER, is_header=True)
        if self.layout.guarded:
            code = unguarded(code)
        if length > MAX_RECORD_LENGTH:
            reason = Reason.TOO_LONG
        elif reason is None and code:
            reason = self._against(code)
        if reason is None:
            return Row(line, code)
        detail = named(code) if reason is Reason.NOT_PRINTABLE else ""
        return Row(line, reason=reason, detail=detail)

    def _against(self, code: str) -> Reason | None:
        if self.layout.guarded:  # What we stored is a code, whatever it looks like.
            return None
        reason = reason_against(code)
        if reason is None:
            return Reason.HEADER if self.layout.header and is_known_header(code) else None
        return None if reason in self._accept else reason
