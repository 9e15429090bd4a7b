"""Guards cells of CSV files, so that spreadsheets do not run them as formulas (OWASP, "CSV Injection")."""

import unicodedata
from typing import Final

GUARD: Final = "'"
_STARTS: Final = frozenset("=+-@\t\r\n'")
"""Characters that begin a formula, and the guard itself, so that ``unguarded`` can restore every text."""


def guarded(text: str) -> str:
    """``text`` with a leading ``'`` if a spreadsheet might run it. Full-width signs count as well."""
    return f"{GUARD}{text}" if _is_risky(text) else text


def unguarded(cell: str) -> str:
    """The text that ``guarded`` turned into this cell."""
    rest = cell[1:]
    return rest if cell.startswith(GUARD) and _is_risky(rest) else cell


def _is_risky(text: str) -> bool:
    starts = {text[:1], text.lstrip()[:1]} - {""}
    return any(first in _STARTS or unicodedata.normalize("NFKC", first)[:1] in _STARTS for first in starts)
