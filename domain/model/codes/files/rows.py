"""Rows of a file of codes: takes the cell of the code column from each line and decides if it is a code."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.model.codes.files.cells import (
    Reason,
    first_unprintable,
    number_with_commas,
    reason_against,
)
from domain.model.codes.files.headers import is_known_header
from domain.model.codes.files.layout import FileOptions, Layout
from domain.model.files.csv_records import Record, State
from domain.model.files.spreadsheets import unguarded

MAX_RECORD_LENGTH: Final = 65_536
"""In characters, with line breaks inside quotes. A longer record is refused and not kept in memory."""
MAX_RECORD_LINES: Final = 1_000


class Row(NamedTuple):
    """One record of the file: a code, or the reason why it is not a code, or a blank row without both."""

    line: int
    code: str = ""
    reason: Reason | None = None
    detail: str = ""
    is_header: bool = False
    """The first row, with the names of the columns."""


class CodeRows:
    """Turns lines into rows."""

    def __init__(self, layout: Layout, options: FileOptions) -> None:
        self.layout = layout
        self._accept = options.accept
        self._line = 0
        self._open: list[str] = []
        """The lines of a record with open quotes."""
        self._record: Record | None = None
        """The record with open quotes."""
        self._length = 0
        """The length of that record in characters."""
        self._expects_header = layout.header

    def read(self, lines: Iterable[str | None]) -> Iterator[Row]:
        """``None`` stands for a line that is too long."""
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
        if number := self._number(line):
            return number
        if layout.column == 0:
            return line.partition(layout.separator)[0]
        cells = line.split(layout.separator, layout.column + 1)
        return cells[layout.column] if layout.column < len(cells) else ""

    def _number(self, line: str) -> str | None:
        """The cell of the code, if it is a number that commas would cut. Not looked for behind quotes."""
        if self.layout.separator != "," or "," not in line:
            return None
        *before, rest = line.split(",", self.layout.column)
        quoted = any('"' in cell for cell in before)
        return None if quoted or len(before) < self.layout.column else number_with_commas(rest)

    def _begin(self, line: str, *, alone: bool = False) -> Iterator[Row]:
        """Read a line with quotes. ``alone``: quotes that stay open at its end are known to be never closed."""
        if self._line < self.layout.first_line:
            return
        record = Record(self.layout.separator, only=self.layout.column)
        state = record.add(line)
        if state is State.COMPLETE:
            yield self._row(self._line, self._number(line) or record.wanted, len(line))
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
            cell, length = self._number(self._open[0]) or self._record.wanted, self._length
            self._open, self._record = [], None
            yield self._row(start, cell, length)
        elif state is State.BAD or self._length > MAX_RECORD_LENGTH or len(self._open) > MAX_RECORD_LINES:
            yield from self._give_up(self._line, more_to_come=True)

    def _give_up(self, last: int, *, more_to_come: bool = False) -> Iterator[Row]:
        """The open quotes are not closed up to the line ``last``. Only the line where they open is bad.

        The lines behind it are read again. Quotes that they leave open would not be closed either, so these lines
        are bad, too. Only the line ``last`` may begin a new record of several lines. So no line is read more than
        three times.
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
        if self._expects_header and (code or reason):
            self._expects_header = False
            return Row(line, reason=Reason.HEADER, is_header=True)
        if self.layout.guarded:
            code = unguarded(code)
        if length > MAX_RECORD_LENGTH:
            reason = Reason.TOO_LONG
        elif reason is None and code:
            reason = self._reason_against(code)
        if reason is None:
            return Row(line, code)
        detail = first_unprintable(code) if reason is Reason.NOT_PRINTABLE else ""
        return Row(line, reason=reason, detail=detail)

    def _reason_against(self, code: str) -> Reason | None:
        if self.layout.guarded:  # Our own export contains codes only.
            return None
        reason = reason_against(code)
        if reason is None:
            return Reason.HEADER if self.layout.header and is_known_header(code) else None
        return None if reason in self._accept else reason
