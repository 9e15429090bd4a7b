"""Text in a CSV file that a spreadsheet opens must not be run as a formula (OWASP, "CSV Injection")."""

import unicodedata
from typing import Final

GUARD: Final = "'"
_STARTS: Final = frozenset("=+-@\t\r\n'")
"""What makes a cell a formula, and the guard itself, so that what was guarded can be told from what was not."""


def guarded(text: str) -> str:
    """With a leading ``'`` where a spreadsheet might run it; full width signs count like their narrow brothers."""
    return f"{GUARD}{text}" if _is_risky(text) else text


def unguarded(cell: str) -> str:
    """What ``guarded`` made the cell of."""
    rest = cell[1:]
    return rest if cell.startswith(GUARD) and _is_risky(rest) else cell


def _is_risky(text: str) -> bool:
    starts = {text[:1], text.lstrip()[:1]} - {""}
    return any(first in _STARTS or unicodedata.normalize("NFKC", first)[:1] in _STARTS for first in starts)
