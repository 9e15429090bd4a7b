"""Codes that people cannot tell apart: in letters of another script, full width, composed or not."""

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХҮԚԜаеѕіјорсухԛԝѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυıɑɡոօսհոӏ\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABESIJKMHOPCTYXYQWaesijopcyxqwvABEZHIKMNOPTYXavopuiagnouhnl-------",
)
"""Letters that look like those of ASCII (from Unicode's list of confusables), and dashes."""


def look_alikes(text: str) -> tuple[str, ...]:
    """Other texts that look like this one and may be codes already; none for plain ASCII."""
    if text.isascii():
        return ()
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC")}
    plain = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    return tuple(sorted({*forms, plain} - {text}))
