"""Finds the separator, the header and the column of the codes in the head of a file.

The caller may name them. Without that, the first column is read (code-service REQ-006, "first column only").
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.codes.errors import FileAmbiguous
from domain.model.codes.files.cells import Reason
from domain.model.codes.files.headers import EXPORT_COLUMNS, is_known_header, normalized
from domain.model.errors import InvalidValue
from domain.model.files.csv_records import Record, State
from domain.model.files.separators import SEPARATORS, declared_separator

MAX_COLUMN: Final = 1_000

_COUNTED_ROWS: Final = 2
"""A first column counts as row numbers when at least this many rows count 1, 2, 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What the caller says about the file. None: detect it from the head of the file."""

    separator: str | None = None
    header: bool | None = None
    column: int | str | None = None
    """Its number, from 1, or its name in the header."""
    accept: frozenset[Reason] = frozenset()
    """Rows with these reasons are stored all the same."""


DETECT: Final = FileOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How the file is read. ``column`` is a number from 1."""

    encoding: str
    separator: str
    header: bool
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    separator: str
    header: bool
    column: int
    """From 0."""
    first_line: int = 1
    """The line where the rows begin: 2 when the first line is ``sep=;``."""
    guarded: bool = False
    """It is our own export, with guards against formulas."""

    def understood(self, encoding: str) -> Understood:
        return Understood(encoding=encoding, separator=self.separator, header=self.header, column=self.column + 1)


def layout_of(lines: Sequence[str], options: FileOptions) -> Layout:
    """The layout by the first lines of the file. Raises FileAmbiguous, and InvalidValue for a missing column."""
    declared = declared_separator(lines[0]) if lines else None
    rows = lines[1:] if declared else lines
    separator = options.separator or declared or _detected_separator(rows)
    table = [fields for line in rows if line.strip() and (fields := fields_of(line, separator))]
    first = [cell.strip() for cell in table[0]] if table else []
    column = _column(first, max(map(len, table), default=1), options)
    header = _is_header(first, column, options)
    if options.column is None:
        _check_plain(table[1:] if header else table, first, header=header)
    return Layout(
        separator=separator,
        header=header,
        column=column,
        first_line=2 if declared else 1,
        guarded=header and tuple(first) == EXPORT_COLUMNS,
    )


def fields_of(line: str, separator: str) -> list[str] | None:
    """The fields of a line. None when its quotes are open or wrong."""
    if '"' not in line:
        return line.split(separator)
    record = Record(separator)
    return record.fields if record.add(line) is State.COMPLETE else None


def _detected_separator(lines: Sequence[str]) -> str:
    """The separator that most lines contain equally often. Among several, the most frequent one, and another than
    a comma: prices such as ``12,50`` have commas, too."""
    if lines and lines[0].strip() == ",".join(EXPORT_COLUMNS):
        return ","  # Our own export: the codes may contain other separators.
    best, best_often = ",", 0
    full = [line for line in lines if line.strip()]
    for separator in sorted(SEPARATORS, key=",".__eq__):
        counts = Counter(_separators_in(line, separator) for line in full)
        often, on = max(counts.items(), key=lambda pair: pair[1], default=(0, 0))
        if often > best_often and 2 * on > len(full):
            best, best_often = separator, often
    return best


def _separators_in(line: str, separator: str) -> int:
    if '"' not in line:
        return line.count(separator)
    fields = fields_of(line, separator)
    return len(fields) - 1 if fields else 0


def _column(first: Sequence[str], width: int, options: FileOptions) -> int:
    if options.column is None:
        return 0
    if isinstance(options.column, int):
        if options.column > width:
            raise InvalidValue("column", f"the file has {width} {'column' if width == 1 else 'columns'}")
        return options.column - 1
    names = [normalized(cell) for cell in first]
    if options.header is False or normalized(options.column) not in names:
        raise InvalidValue(
            "column", "is not the name of a column in the first row of the file; its number can be given, too"
        )
    return names.index(normalized(options.column))


def _is_header(first: Sequence[str], column: int, options: FileOptions) -> bool:
    if options.header is not None:
        return options.header
    return isinstance(options.column, str) or (column < len(first) and is_known_header(first[column]))


def _check_plain(rows: Sequence[Sequence[str]], first: Sequence[str], *, header: bool) -> None:
    """Raises FileAmbiguous when the codes seem to be in another column than the first."""
    for number, cell in enumerate(first[1:], start=2):
        if not header and is_known_header(cell):
            raise FileAmbiguous(f"The first row names codes in column {number}")
    if _only_counts(rows) or _only_counts(rows[1:]):
        raise FileAmbiguous("The first column only counts 1, 2, 3")


def _only_counts(rows: Sequence[Sequence[str]]) -> bool:
    """Does the first column hold row numbers, with other columns beside it?"""
    cells = [row[0].strip() for row in rows]
    alone = any(len(row) == 1 for row in rows)
    if len(rows) < _COUNTED_ROWS or alone or cells[0] not in {"0", "1"}:
        return False
    begin = int(cells[0])
    return all(cell == str(number) for number, cell in enumerate(cells, start=begin))
