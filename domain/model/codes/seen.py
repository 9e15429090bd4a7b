"""Finds repeated texts in constant memory: a Bloom filter."""

from hashlib import blake2b
from typing import Final

BITS: Final = 2**27
"""16 MiB. The error rate is one in a billion after a million texts, and one in 250 after ten million texts."""
_PROBES: Final = 7


class Seen:
    def __init__(self) -> None:
        self._bits = bytearray(BITS // 8)

    def add(self, text: str) -> bool:
        """Add ``text``. True if it was (almost certainly) added before."""
        digest = blake2b(text.encode(), digest_size=16).digest()
        start, step = int.from_bytes(digest[:8]), int.from_bytes(digest[8:]) | 1
        known = True
        for probe in range(_PROBES):
            position = (start + probe * step) % BITS
            byte, bit = position >> 3, 1 << (position & 7)
            if not self._bits[byte] & bit:
                known = False
                self._bits[byte] |= bit
        return known
