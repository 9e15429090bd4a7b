"""Signatures of what a browser keeps for the console: under the token of the session, which no other page has."""

import hashlib
import hmac
from typing import Final

_LENGTH: Final = 32


def signature(token: str, text: str) -> str:
    """``text`` begins with what it is for, so that one kind never passes for another."""
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def is_signed(token: str, text: str, given: str) -> bool:
    return hmac.compare_digest(given.encode(), signature(token, text).encode())
