"""The key of the whole draw (step 4 in docs/fair-draws.md)."""

import hashlib
import re
from typing import Final

from domain.model.draws.beacons import Beacon, DrandRound
from domain.model.draws.manifest import FORMAT
from domain.model.errors import InvalidValue

LEAST_BYTES: Final = 32
MOST_BYTES: Final = 1_024
_HEX: Final = re.compile(rf"(?:[0-9a-fA-F]{{2}}){{{LEAST_BYTES},{MOST_BYTES}}}")


def randomness_of(text: str, beacon: Beacon) -> bytes:
    """The bytes of randomness in hex. Raises InvalidValue.

    Check the text before it is decoded: ``bytes.fromhex`` skips white space.
    """
    if not _HEX.fullmatch(text):
        raise InvalidValue("randomness", f"must be {LEAST_BYTES} to {MOST_BYTES} bytes in hex, two digits a byte")
    randomness = bytes.fromhex(text)
    if isinstance(beacon, DrandRound) and len(randomness) != LEAST_BYTES:
        raise InvalidValue("randomness", f"must be the {LEAST_BYTES} bytes of the drand round")
    return randomness


def draw_key(manifest: bytes, seed: str, randomness: bytes) -> bytes:
    """R: the key under which each ballot is hashed. ``manifest``: its bytes.

    The seed and the randomness are hashed as bytes, not as hex. The zero byte ends the name of the format.
    """
    mixed = hashlib.sha256(bytes.fromhex(seed) + randomness).digest()
    return hashlib.sha256(FORMAT.encode() + b"\x00" + hashlib.sha256(manifest).digest() + mixed).digest()
