"""A small drand: it signs rounds with a key of its own, and may be told to cheat."""

import hashlib
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from adapters.drand.signatures import HASHED_TO, signed_message
from domain.model.draws.beacons import QUICKNET
from tests.support.servers.neighbours import Reply, Request

SECRET: Final = 0x5EC12E7
"""Of the tests' own chain. It is public here."""
OTHER_SECRET: Final = 0xBAD


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDrand:
    """A script for a Neighbour: it answers as drand's HTTP API does."""

    secret: int = SECRET
    chain: str = QUICKNET.hash
    newest: int = 2**60
    """Later rounds are not published yet."""
    not_yet: int = HTTPStatus.NOT_FOUND

    @property
    def key(self) -> bytes:
        """The public key, as the adapter takes it."""
        return (G2Point() * Scalar(self.secret)).to_compressed_bytes()

    def signature(self, round: int) -> str:
        point = G1Point.hash_to_curve(signed_message(round), HASHED_TO) * Scalar(self.secret)
        return point.to_compressed_bytes().hex()

    def randomness(self, round: int) -> str:
        return hashlib.sha256(bytes.fromhex(self.signature(round))).hexdigest()

    def body(self, round: int) -> dict[str, object]:
        return {"round": round, "randomness": self.randomness(round), "signature": self.signature(round)}

    def __call__(self, request: Request) -> Reply:
        _, chain, public, round = request.path.split("/")
        if (chain, public) != (self.chain, "public") or int(round) > self.newest:
            return Reply(self.not_yet, {"error": "not found"})
        return Reply(HTTPStatus.OK, self.body(int(round)))

    def with_other_key(self) -> "SmallDrand":
        """The same chain by name, signed by another party."""
        return replace(self, secret=OTHER_SECRET)
