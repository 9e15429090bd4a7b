"""Text as people type and paste it, in one spelling.

People copy from contacts, messages and web pages. The text may contain invisible characters, spaces and dashes of
many kinds, full-width letters and digits of other scripts. Phone numbers, one-time codes and mail addresses are
all read through this module.
"""

import unicodedata
from typing import Final

TYPED_LIMIT: Final = 2_000
"""Characters. Composing many combining marks takes quadratic time, so longer text is refused, not read."""

_DASHES_OF_OTHER_KINDS: Final = frozenset("\u02d7\u2043\u2212\u2500\u2796\u2e3a\u2e3b")
"""They look like dashes, but are not in Unicode's category of dashes (Pd)."""
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u20e3\u3164") | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Fillers, joiners and variation selectors (also of emoji digits) that are not format characters (category Cf)."""
_BLANK: Final = "\u2800"
"""A Braille pattern without dots."""


def typed_text(text: str) -> str:
    """``text`` in NFKC, without invisible characters, spaces and dashes as in ASCII, digits as 0 to 9, trimmed.

    Applying it again changes nothing. Raises ValueError for more than TYPED_LIMIT characters.
    """
    if len(text) > TYPED_LIMIT:
        raise ValueError(f"is longer than {TYPED_LIMIT} characters")
    if text.isascii() and text.isprintable():
        return text.strip()
    spelled = "".join(map(_in_ascii, unicodedata.normalize("NFKC", text)))
    # A removed character may have separated two characters that can be composed.
    return unicodedata.normalize("NFKC", spelled).strip()


def _in_ascii(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _INVISIBLE:
        return ""
    if category == "Pd" or char in _DASHES_OF_OTHER_KINDS:
        return "-"
    if char.isspace() or char == _BLANK:
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return char
