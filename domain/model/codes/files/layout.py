"""Where the codes stand in a file: found by looking at its head, unless the caller says so.

code-service REQ-006 says "first column only"; that is what is read where nothing else is declared or seen.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.codes.errors import FileAmbiguous
from domain.model.codes.files.cells import Reason
from domain.model.errors import InvalidValue
from domain.model.files.csv_records import Record, State

SEPARATORS: Final = (",", ";", "\t", "|")
MAX_COLUMN: Final = 1_000
MAX_COLUMN_NAME: Final = 100

EXPORT_COLUMNS: Final = (
    "code",
    "type",
    "status",
    "reserveId",
    "reservedAt",
    "expiresAt",
    "assignedTo",
    "assignedAt",
)
"""Of our own list as CSV: what it guards against spreadsheets is undone when it is read."""

_CODE_KINDS: Final = (
    *("code", "voucher", "coupon", "access", "promo", "promotion", "promotional", "discount", "gift", "presale"),
    *(
        "unlock",
        "ticket",
        "redemption",
        "redeem",
        "activation",
        "offer",
        "invite",
        "invitation",
        "unique",
        "serial",
    ),
    *("vip", "fan", "entry", "pass", "reward", "referral", "verification"),
)
_KNOWN_HEADERS: Final = frozenset(
    {"code", "voucher", "coupon", "promo", "barcode", "passcode", "serial", "serial number", "voucher number"}
    | {
        "coupon number",
        "access key",
        "code promo",
        "gutschein",
        "gutscheincode",
        "codigo",
        "código",
        "kod",
        "codice",
    }
    | {f"{kind}{space}code" for kind in _CODE_KINDS for space in ("", " ")}
)
_COUNTED_ROWS: Final = 2
"""So many rows must count 1, 2, 3 before that means anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What the caller says of the file; None: look."""

    separator: str | None = None
    header: bool | None = None
    column: int | str | None = None
    """Its number from 1, or its name in the header."""
    accept: frozenset[Reason] = frozenset()
    """Reasons that are to let a row pass."""


DETECT: Final = FileOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How the file is read; ``column`` is a number from 1."""

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
    """Where the rows begin: 2 behind a line ``sep=;``."""
    guarded: bool = False
    """It is our own export."""

    def understood(self, encoding: str) -> Understood:
        return Understood(encoding=encoding, separator=self.separator, header=self.header, column=self.column + 1)


def layout_of(lines: Sequence[str], options: FileOptions) -> Layout:
    """From the first lines of the file. Raises FileAmbiguous, InvalidValue for a column that is not there."""
    declared = _declared_separator(lines)
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
    """None for a line whose quotes are open or wrong."""
    if '"' not in line:
        return line.split(separator)
    record = Record(separator)
    return record.fields if record.add(line) is State.COMPLETE else None


def is_known_header(cell: str) -> bool:
    return _normalized(cell) in _KNOWN_HEADERS


def _normalized(cell: str) -> str:
    """``Voucher_Codes:`` is ``voucher code``."""
    words = cell[:MAX_COLUMN_NAME].casefold().strip(" \"'*:#").replace("_", " ").replace("-", " ").split()
    if words and words[-1].endswith(("codes", "vouchers", "coupons", "serials", "gutscheine")):
        words[-1] = words[-1][:-1]
    return " ".join(words)


def _declared_separator(lines: Sequence[str]) -> str | None:
    """Spreadsheets obey a first line ``sep=;``, and so do we."""
    name, _, separator = lines[0].strip(' "').partition("=") if lines else ("", "", "")
    return separator if name.lower() == "sep" and separator in SEPARATORS else None


def _detected_separator(lines: Sequence[str]) -> str:
    """The one that stands equally often on most lines; of several the one that stands there most often."""
    if lines and lines[0].strip() == ",".join(EXPORT_COLUMNS):
        return ","  # Of our own file we know it, whatever the codes have in them.
    best, best_often = ",", 0
    full = [line for line in lines if line.strip()]
    for separator in SEPARATORS:
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
    names = [_normalized(cell) for cell in first]
    if options.header is False or _normalized(options.column) not in names:
        raise InvalidValue(
            "column", "is not the name of a column in the file's first row; its number would do, too"
        )
    return names.index(_normalized(options.column))


def _is_header(first: Sequence[str], column: int, options: FileOptions) -> bool:
    if options.header is not None:
        return options.header
    return isinstance(options.column, str) or (column < len(first) and is_known_header(first[column]))


def _check_plain(rows: Sequence[Sequence[str]], first: Sequence[str], *, header: bool) -> None:
    """Nothing says that the codes stand in another column than the first."""
    for number, cell in enumerate(first[1:], start=2):
        if not header and is_known_header(cell):
            raise FileAmbiguous(f"The first row names codes in column {number}")
    if _only_counts(rows) or _only_counts(rows[1:]):
        raise FileAmbiguous("The first column only counts 1, 2, 3")


def _only_counts(rows: Sequence[Sequence[str]]) -> bool:
    """Row numbers, with something beside them."""
    cells = [row[0].strip() for row in rows]
    alone = any(len(row) == 1 for row in rows)
    if len(rows) < _COUNTED_ROWS or alone or cells[0] not in {"0", "1"}:
        return False
    begin = int(cells[0])
    return all(cell == str(number) for number, cell in enumerate(cells, start=begin))
