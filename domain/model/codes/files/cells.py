"""Decides if a cell holds a code. Spreadsheets and databases leave other things in a column of codes.

The report of an import names the reason for each row that was not stored. A caller may accept a reason: then such
rows are stored (code-service REQ-006).
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from domain.model.codes.code import MAX_CODE_LENGTH


class Reason(StrEnum):
    """Why a row was not stored."""

    NOT_PRINTABLE = "not_printable"
    TOO_LONG = "too_long"
    BADLY_QUOTED = "badly_quoted"
    SPREADSHEET_ERROR = "spreadsheet_error"
    SPREADSHEET_NUMBER = "spreadsheet_number"
    SPREADSHEET_FORMULA = "spreadsheet_formula"
    PLACEHOLDER = "placeholder"
    FOOTER = "footer"
    COMMENT = "comment"
    CURLY_QUOTES = "curly_quotes"
    ADDRESS = "address"
    HEADER = "header"


NEVER_A_CODE: Final = frozenset({Reason.NOT_PRINTABLE, Reason.TOO_LONG})
"""Reasons that a caller cannot accept: a code has 1 to 128 printable characters."""
ACCEPTABLE: Final = frozenset(Reason) - NEVER_A_CODE - {Reason.HEADER}

_PLAIN: Final = re.compile(r"(?!www\.)[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_WORDS: Final = {
    **dict.fromkeys(
        ("null", "nil", "none", "nan", "na", "n/a", "n.a.", "undefined", "unknown"), Reason.PLACEHOLDER
    ),
    **dict.fromkeys(("empty", "blank", "missing", "tbd", "tba", "todo", "xxx", "\\n"), Reason.PLACEHOLDER),
    **dict.fromkeys(
        ("-", "--", "---", "\u2013", "\u2014", "?", "??", ".", "..", "...", "\u2026"), Reason.PLACEHOLDER
    ),
    **dict.fromkeys(("(null)", "(none)", "(empty)", "(blank)", "<null>", "<none>", "[null]"), Reason.PLACEHOLDER),
    **dict.fromkeys(
        ("#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#n/a"), Reason.SPREADSHEET_ERROR
    ),
    **dict.fromkeys(("#spill!", "#calc!", "#error!", "#field!", "#getting_data"), Reason.SPREADSHEET_ERROR),
    **dict.fromkeys(("#wert!", "#bezug!", "#zahl!", "err:502", "err:508"), Reason.SPREADSHEET_ERROR),
    **dict.fromkeys(("total", "totals", "subtotal", "sum", "summe", "gesamt"), Reason.FOOTER),
}
"""In lower case."""
_QUOTES: Final = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a\uff02\uff07"
_NUMBER: Final = "[0-9][0-9,. ]{0,20}"
_ROWS: Final = r"\s*(?:rows?|records?|codes?|lines?|entries|items)(?:\s+[a-z ]{1,40})?\)?\.?"
_SHAPES: Final = (
    (Reason.SPREADSHEET_ERROR, r"#+"),
    (Reason.SPREADSHEET_NUMBER, r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20})?[eE][+-][0-9]{1,3}"),
    (Reason.SPREADSHEET_FORMULA, r"=\s*(?:\".*\"|'.*'|[A-Za-z][A-Za-z.]{0,40}\(.*)"),
    (Reason.CURLY_QUOTES, rf"[{_QUOTES}].*|.*[{_QUOTES}]"),
    (Reason.BADLY_QUOTED, r"'.+'|`.+`"),
    (Reason.ADDRESS, r"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}://|www\.|mailto:).*"),
    (Reason.FOOTER, rf"\(?\s*{_NUMBER}{_ROWS}"),
    (
        Reason.FOOTER,
        rf"(?:grand |sub)?(?:total|count|sum|rows|records|anzahl|summe|gesamt)[a-z ]{{0,40}}[:= ]{{0,5}}{_NUMBER}",
    ),
    (
        Reason.FOOTER,
        r"(?:grand |sub)?(?:total|sum|summe|gesamt)\s*:|(?:query ok|end of (?:file|list|report)|eof)\b.*",
    ),
    (Reason.COMMENT, r"(?:# |//|-- |; |##|/\*).*"),
)
_SUSPICIOUS: Final = tuple((reason, re.compile(shape, re.IGNORECASE | re.DOTALL)) for reason, shape in _SHAPES)
"""For cells with other characters than letters, digits, ``-``, ``_`` and ``.``. The first match counts."""
_DECIMAL_COMMA: Final = re.compile(r"([+-]?[0-9]{1,3},[0-9]{1,20}e[+-][0-9]{1,3})\s*(?:,|$)", re.IGNORECASE)
"""At the beginning of a line."""
_THOUSANDS: Final = re.compile(rf"\(?\s*[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,6}}{_ROWS}", re.IGNORECASE)
"""All of a short line: in a long one, blanks could be parted in too many ways."""


def number_with_commas(line: str) -> str | None:
    """The cell at the beginning of a line with commas, where a comma of its number would cut it: the decimal comma
    of ``1,23E+15``, those of ``2,000 rows``. None for other lines."""
    line = line.strip()
    if found := _DECIMAL_COMMA.match(line):
        return found[1]
    footer = line.rstrip(", \t")
    return footer if len(footer) <= MAX_CODE_LENGTH and _THOUSANDS.fullmatch(footer) else None


def reason_against(cell: str) -> Reason | None:
    """Why a cell (trimmed, not empty) is not a code. None when it may be one."""
    if len(cell) > MAX_CODE_LENGTH:
        return Reason.TOO_LONG
    if known := _WORDS.get(cell.lower()):
        return known
    if _PLAIN.fullmatch(cell):
        return None
    if not cell.isprintable():
        return Reason.NOT_PRINTABLE
    return next((reason for reason, shape in _SUSPICIOUS if shape.fullmatch(cell)), None)


def first_unprintable(cell: str) -> str:
    """The first character that is not printable, with its Unicode name: ``U+200B zero width space``."""
    for character in cell:
        if not character.isprintable():
            name = unicodedata.name(character, "control character").lower()
            return f"U+{ord(character):04X} {name}"
    return ""
