"""How the bytes of a file become codes (code-service REQ-006, "Data Sanitization").

A file is CSV in UTF-8 without a header. Only its first column counts; white space around a code is dropped,
blank lines and blank first columns are skipped. The reader takes bytes as they come and never keeps more
than one record, so a million rows need no more memory than a thousand (REQ-004).
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.model.codes import MAX_CODE_LENGTH
from domain.model.errors import FileUnreadable

MAX_RECORD_LENGTH: Final = 65_536
"""Characters of one record, line breaks inside quotes included; a longer one is refused, not kept in memory."""
MAX_RECORD_LINES: Final = 1_000

_MAX_BYTES_PER_CHARACTER: Final = 4
_TOO_LONG: Final = "too long"
_NOT_PRINTABLE: Final = "not printable"
_BAD_QUOTES: Final = "quotes not closed"
_SPACE_AFTER_QUOTE: Final = re.compile(r'"[ \t]+(?=[,\r\n]|$)')


class Row(NamedTuple):
    """One record of the file: a code, or a problem, or neither (a blank)."""

    line: int
    code: str = ""
    problem: str = ""


class CodeFileReader:
    """Turns the bytes of a file into rows: ``feed`` it chunks, then ``close`` it.

    A quote that is never closed, or closed badly, spoils only the line it opens on; reading goes on with the
    next. What comes out does not depend on where the chunks were cut.
    """

    def __init__(self) -> None:
        self._tail = b""
        self._line = 0
        """The number of the last line looked at."""
        self._skipping = False
        """Inside a line too long to keep, until its end comes."""
        self._skipped = codecs.getincrementaldecoder("utf-8")()
        self._open: list[str] = []
        """The lines, so far, of a record whose quotes are still open."""

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """The rows that ``chunk`` completes. Raises FileUnreadable at the first line that is not UTF-8."""
        data = self._tail + chunk
        if self._skipping:
            data = self._skip(data)
        block, line_end, self._tail = data.rpartition(b"\n")
        if line_end:
            yield from self._rows(self._decode(block).split("\n"))
        if len(self._tail) > MAX_RECORD_LENGTH * _MAX_BYTES_PER_CHARACTER:
            yield from self._rows([], final=True)
            self._line += 1
            yield Row(self._line, problem=_TOO_LONG)
            self._tail = self._skip(self._tail)

    def close(self) -> Iterator[Row]:
        """The rows left at the end of the file."""
        if self._skipping:
            self._skip(b"\n")
        rest = self._decode(self._tail)
        yield from self._rows([rest] if rest else [], final=True)

    def _skip(self, data: bytes) -> bytes:
        """What follows the line too long to keep, which must be UTF-8 all the same."""
        skipped, line_end, rest = data.partition(b"\n")
        self._skipping = not line_end
        try:
            self._skipped.decode(skipped, final=not self._skipping)
        except UnicodeDecodeError as error:
            raise FileUnreadable(line=self._line) from error
        return rest

    def _decode(self, block: bytes) -> str:
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            line = self._line + block.count(b"\n", 0, error.start) + 1
            raise FileUnreadable(line=line) from error
        return text.removeprefix("\ufeff") if self._line == 0 else text

    def _rows(self, lines: Iterable[str], *, final: bool = False) -> Iterator[Row]:
        waiting = deque(lines)
        while waiting or (final and self._open):
            too_long = bool(waiting) and len(waiting[0]) > MAX_RECORD_LENGTH
            if too_long and self._open:  # Nothing so long is kept to see whether the quotes close in it.
                yield from self._quoted(waiting, complete=True)
                continue
            if waiting:
                self._line += 1
                text = waiting.popleft()
                if too_long or (not self._open and '"' not in text):
                    yield _row(self._line, text, text.partition(",")[0])
                    continue
                self._open.append(text)
            yield from self._quoted(waiting, complete=final and not waiting)

    def _quoted(self, waiting: deque[str], *, complete: bool) -> Iterator[Row]:
        """Try to end the open record with the line just added to it."""
        start = self._line - len(self._open) + 1
        record = "\n".join(self._open)
        try:
            column = _first_column(record) if '"' in self._open[-1] else None
        except csv.Error:
            column, complete = None, True
        if column is not None:
            yield _row(start, record, column)
            self._open = []
        elif complete or len(record) > MAX_RECORD_LENGTH or len(self._open) > MAX_RECORD_LINES:
            yield Row(start, problem=_BAD_QUOTES)
            waiting.extendleft(reversed(self._open[1:]))
            self._line, self._open = start, []


def _row(line: int, record: str, column: str) -> Row:
    code = column.strip()
    if len(code) > MAX_CODE_LENGTH or len(record) > MAX_RECORD_LENGTH:
        return Row(line, problem=_TOO_LONG)
    if not code.isprintable():
        return Row(line, problem=_NOT_PRINTABLE)
    return Row(line, code)


def _first_column(record: str) -> str | None:
    """The first column of a record that has quotes; None while they are still open. Raises csv.Error."""
    lines = (line + "\n" for line in record.split("\n"))
    try:
        fields = next(csv.reader(lines, strict=True, skipinitialspace=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        tidy = _SPACE_AFTER_QUOTE.sub('"', record)
        if tidy == record:
            raise
        return _first_column(tidy)
    return fields[0]
