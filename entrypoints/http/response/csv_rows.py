"""Rows of CSV that are safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from domain.model.files.spreadsheets import guarded


def csv_rows(rows: Iterable[Sequence[object]]) -> bytes:
    """All cells have quotes: where spreadsheets expect semicolons between columns, ``x;=1`` would be two cells."""
    text = io.StringIO()
    harmless = ([guarded("" if value is None else str(value)) for value in row] for row in rows)
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(harmless)
    return text.getvalue().encode()
