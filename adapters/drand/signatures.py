"""Signatures of drand's rounds: BLS on the curve BLS12-381, scheme ``bls-unchained-g1-rfc9380``.

A signature is a point of the group G1, and the public key a point of G2.
"""

import hashlib
from typing import Final

from py_arkworks_bls12381 import GT, G1Point, G2Point

SIGNATURE_BYTES: Final = 48
KEY_BYTES: Final = 96
HASHED_TO: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
"""The domain separation tag of RFC 9380. Another tag makes every signature false."""


def signed_message(round: int) -> bytes:
    """What the network signs: SHA-256 of the number of the round in eight bytes, big-endian."""
    return hashlib.sha256(round.to_bytes(8, "big")).digest()


class DrandKey:
    """The public key of a chain."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError for bytes that are no key: no point of G2, or the point at infinity."""
        self._key = G2Point.from_compressed_bytes(key)
        if self._key == G2Point.identity():
            raise ValueError("the point at infinity is no public key")

    def signed(self, round: int, signature: bytes) -> bool:
        """Is this the signature of the round? It takes 2 to 3 ms of processor time.

        Decoding checks that a point is in its group. For the point at infinity the equation could hold without a
        secret key, so it is refused first.
        """
        try:
            point = G1Point.from_compressed_bytes(signature)
        except ValueError:
            return False
        if point == G1Point.identity():
            return False
        hashed = G1Point.hash_to_curve(signed_message(round), HASHED_TO)
        # e(signature, generator) == e(hashed, key), as one product of pairings that must be 1.
        return GT.pairing_check([point, -hashed], [G2Point(), self._key])
