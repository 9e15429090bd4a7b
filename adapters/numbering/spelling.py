"""Reads phone numbers as people write them, before the numbering plan is applied."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from domain.model.errors import InvalidValue
from domain.model.registrations.typed_text import typed_text

MAX_LENGTH: Final = 128
"""In characters, with invisible ones."""
MIN_DIGITS: Final = 5
MAX_DIGITS: Final = 20
"""Longer than any number (15 digits), because of prefixes that are dialled before it."""

_ALLOWED: Final = frozenset("0123456789+().-/ ")
_OTHER_SIGNS: Final = str.maketrans(
    {
        "[": "(",
        "]": ")",
        "\u2795": "+",  # heavy plus
        "~": "-",
        "\u223c": "-",  # tilde operator
        "\u30fc": "-",  # Japanese long vowel mark, on the dash's key
        "\u2044": "/",
        "\u2215": "/",
        "\u00b7": ".",
        "\u2022": ".",
        "\u2027": ".",
        "\u2219": ".",
        "\u30fb": ".",
        "\u3002": ".",
    }
)
_LABEL: Final = re.compile(
    r"(?:tel|telephone|phone|mobile|sms|smsto|callto|whatsapp)\b[.:]* *(?://)?", re.IGNORECASE
)
"""The label of an address book or a link (RFC 3966) before the number."""
_TRUNK: Final = re.compile(r"\( *(\d{1,2}) *\)")
"""The trunk digit, which is dialled only within the country, as in ``+44 (0)20``."""
_MOBILE_TWICE: Final = re.compile(r"\+549(\d{2,4}15\d{6,8})")
"""Argentina's mobile prefix twice: 9 as it is written abroad, and 15 as it is written at home."""


def spelled(text: str) -> str:
    """``text`` in digits, spaces and ``+ ( ) . - /``. Raises InvalidValue, which names the unreadable part."""
    if len(text) > MAX_LENGTH:
        raise InvalidValue("phone", f"is longer than {MAX_LENGTH} characters")
    typed = _unlabelled(typed_text(text)).translate(_OTHER_SIGNS)
    if strange := next((char for char in typed if char not in _ALLOWED), None):
        raise InvalidValue("phone", _refusal(strange))
    digits = sum(map(str.isdigit, typed))
    if digits < MIN_DIGITS:
        raise InvalidValue("phone", "has too few digits")
    if digits > MAX_DIGITS:
        raise InvalidValue("phone", "has too many digits: write one number")
    return typed.strip()


def _unlabelled(typed: str) -> str:
    label = _LABEL.match(typed)
    if label is None:
        return typed
    return unquote(typed[label.end() :]) if ":" in label[0] else typed[label.end() :]


def _refusal(strange: str) -> str:
    if strange.isalpha():
        return "must be written in digits, without letters or an extension"
    name = unicodedata.name(strange, f"U+{ord(strange):04X}").lower()
    return f"must be digits, spaces and + ( ) . - /: there is a {name}"


def spellings(typed: str) -> Iterator[str]:
    """The possible spellings of the number, the most likely first."""
    if typed.lstrip(" (").startswith("00"):
        yield from _abroad("+" + typed.lstrip(" (").removeprefix("00"))
    yield from _abroad(typed)


def _abroad(typed: str) -> Iterator[str]:
    yield typed
    without_trunk = _TRUNK.sub("", typed, count=1)
    if typed.startswith("+") and without_trunk != typed:
        yield without_trunk
    if match := _MOBILE_TWICE.fullmatch("".join(char for char in typed if char in "+0123456789")):
        yield "+54" + match[1]
