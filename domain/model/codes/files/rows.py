"""Rows of a file of codes: what stands in the column of the codes, line by line, and whether it is one."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.model.codes.files.cells import Reason, first_unprintable, reason_against
from domain.model.codes.files.layout import FileOptions, Layout, is_known_header
from domain.model.files.csv_records import Record, State
from domain.model.files.spreadsheets import unguarded

MAX_RECORD_LENGTH: Final = 65_536
"""Characters of one record, line breaks inside quotes included; a longer one is refused, not kept in memory."""
MAX_RECORD_LINES: Final = 1_000


class Row(NamedTuple):
    """One record of the file: a code, or a reason why it is none, or neither (a blank)."""

    line: int
    code: str = ""
    reason: Reason | None = None
    detail: str = ""
    is_header: bool = False
    """The first row, which names the columns."""


class CodeRows:
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
        detail = first_unprintable(code) if reason is Reason.NOT_PRINTABLE else ""
        return Row(line, reason=reason, detail=detail)

    def _against(self, code: str) -> Reason | None:
        if self.layout.guarded:  # What we stored is a code, whatever it looks like.
            return None
        reason = reason_against(code)
        if reason is None:
            return Reason.HEADER if self.layout.header and is_known_header(code) else None
        return None if reason in self._accept else reason
