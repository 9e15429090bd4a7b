"""What came of a change, in the address of the page that shows it: a reload shows it again and repeats nothing."""

import base64
import binascii
import zlib
from typing import Final, TypeVar

import msgspec

from entrypoints.console.signatures import is_signed, signature

S = TypeVar("S", bound=msgspec.Struct)

FIELD: Final = "done"
LONGEST: Final = 4_000
"""Characters: proxies refuse addresses that are much longer."""
_LARGEST: Final = 1024 * 1024


def sealed(token: str, outcome: msgspec.Struct) -> str:
    """Signed, so that no link can say that something was done. Empty where it is too long for an address."""
    packed = zlib.compress(msgspec.json.encode(outcome), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{text}.{signature(token, f'outcome {text}')}" if len(text) <= LONGEST else ""


def opened(token: str, sealed: str, type: type[S]) -> S | None:
    """None for what this session did not seal."""
    text, _, given = sealed.partition(".")
    if not is_signed(token, f"outcome {text}", given):
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(zlib.decompressobj().decompress(packed, _LARGEST), type=type)
    except (binascii.Error, zlib.error, msgspec.MsgspecError, ValueError):
        return None
