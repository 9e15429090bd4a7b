"""Codes that look the same to people: letters of another script, full-width letters, composed characters."""

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХҮԚԜаеѕіјорсухԛԝѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυıɑɡոօսհոӏ\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABESIJKMHOPCTYXYQWaesijopcyxqwvABEZHIKMNOPTYXavopuiagnouhnl-------",
)
"""Letters that look like ASCII letters (from Unicode's list of confusables), and dashes."""


def look_alikes(text: str) -> tuple[str, ...]:
    """Other texts that look like this one and may be codes of the campaign. Empty for ASCII text."""
    if text.isascii():
        return ()
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC")}
    plain = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    return tuple(sorted({*forms, plain} - {text}))
