"""What came of a change, in the address of the page that shows it: a reload shows it again and repeats nothing."""

import base64
import binascii
import hashlib
import hmac
import zlib
from typing import Final, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

FIELD: Final = "done"
LONGEST: Final = 4_000
"""Characters: proxies refuse addresses that are much longer."""
_LARGEST: Final = 1024 * 1024


def sealed(token: str, outcome: msgspec.Struct) -> str:
    """Signed, so that no link can say that something was done. Empty where it is too long for an address."""
    packed = zlib.compress(msgspec.json.encode(outcome), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{text}.{_signature(token, text)}" if len(text) <= LONGEST else ""


def opened(token: str, sealed: str, type: type[S]) -> S | None:
    """None for what this session did not seal."""
    text, _, signature = sealed.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(token, text).encode()):
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(zlib.decompressobj().decompress(packed, _LARGEST), type=type)
    except (binascii.Error, zlib.error, msgspec.MsgspecError, ValueError):
        return None


def _signature(token: str, text: str) -> str:
    return hmac.new(token.encode(), f"outcome {text}".encode(), hashlib.sha256).hexdigest()[:32]
