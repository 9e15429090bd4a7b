"""One sentence that the next page shows: what was done."""

import base64
import binascii
from typing import Final

from entrypoints.console.request import cookies_of
from entrypoints.console.session import cookie
from entrypoints.console.signatures import is_signed, signature
from entrypoints.http.request.decoding import AnyRequest

COOKIE: Final = "fangate-said"
LONGEST: Final = 600
SECONDS: Final = 60


def cookie_saying(request: AnyRequest, token: str, sentence: str) -> str:
    """Signed: no other page of the host can put words into the console."""
    text = base64.urlsafe_b64encode(sentence[:LONGEST].encode()).decode().rstrip("=")
    return cookie(request, COOKIE, f"{text}.{signature(token, f'said {text}')}", seconds=SECONDS)


def cookie_silent(request: AnyRequest) -> str:
    return cookie(request, COOKIE, "")


def sentence_of(request: AnyRequest, token: str) -> str:
    """Empty where there is none."""
    text, _, given = cookies_of(request).get(COOKIE, "").partition(".")
    if not text or not is_signed(token, f"said {text}", given):
        return ""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
