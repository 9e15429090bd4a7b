"""The public beacon drand: a random value every three seconds, which many parties sign together."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from adapters.drand.addresses import public_server, round_address
from adapters.drand.signatures import KEY_BYTES, SIGNATURE_BYTES, DrandKey
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, log_no_answer, unavailable
from domain.model.draws.beacons import DrandRound
from domain.model.draws.errors import BeaconNotGenuine

SECONDS: Final = 5.0
ATTEMPTS: Final = 3
QUICKNET_KEY: Final = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
"""Of the chain quicknet. It is written here, so that no server can name another."""
_NOT_YET: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_EARLY}
_DIGITS: Final = "^[0-9a-f]{%d}$(?!\n)"


class _Round(msgspec.Struct, frozen=True):
    round: int
    randomness: Annotated[str, msgspec.Meta(pattern=_DIGITS % (2 * hashlib.sha256().digest_size))]
    signature: Annotated[str, msgspec.Meta(pattern=_DIGITS % (2 * SIGNATURE_BYTES))]


_ROUND: Final = msgspec.json.Decoder(_Round)


class DrandBeacon:
    """drand's HTTP API. Servers are not trusted: each answer must have the signature of the network."""

    configured: Final = True

    def __init__(self, service: HttpNeighbour, key: DrandKey, server: str) -> None:
        self._service = service
        self._server = server
        self._key = key

    def public_address(self, wanted: DrandRound) -> str:
        return round_address(wanted, self._server)

    async def randomness(self, wanted: DrandRound) -> str | None:
        try:
            answer = await self._service.get(wanted.chain, "public", str(wanted.round), attempts=ATTEMPTS)
            if answer.status in _NOT_YET:
                return None
            published = answer.read(_ROUND)
        except NoAnswer as error:
            raise unavailable("beacon", error) from None
        if reason := self._doubt(published, wanted.round):
            log_no_answer("beacon", NoAnswer(reason))
            raise BeaconNotGenuine(reason=reason)
        return published.randomness

    def _doubt(self, published: _Round, round: int) -> str | None:
        """Why the answer is not the wanted round as the network signed it."""
        if published.round != round:
            return "another round"
        signature = bytes.fromhex(published.signature)
        if not self._key.signed(round, signature):
            return "a false signature"
        if hashlib.sha256(signature).hexdigest() != published.randomness:
            return "other randomness than the signature gives"
        return None


@asynccontextmanager
async def drand_beacon(
    url: str, *, key: bytes = QUICKNET_KEY, seconds: float = SECONDS
) -> AsyncIterator[DrandBeacon]:
    """The beacon at ``url``. ``key``: the public key of the chain, in compressed form."""
    assert len(key) == KEY_BYTES, "a public key has 96 bytes"
    async with http_neighbour(url, part="beacon", seconds=seconds) as service:
        yield DrandBeacon(service, DrandKey(key), public_server(url))
