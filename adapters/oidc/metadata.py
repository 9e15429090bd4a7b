"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0): its addresses, and what it supports."""

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import Final
from urllib.parse import urlsplit

import msgspec
from authlib.oidc.discovery import get_well_known_url

from adapters.outgoing.answers import Answer, decoded
from adapters.outgoing.breaker import Breaker, NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_session, log_no_answer, unavailable

PART: Final = "sign_in"
SECONDS: Final = 3.0
"""The time-out of one request."""
FRESH_SECONDS: Final = 3_600.0
"""Addresses hardly ever change."""
RETRY_SECONDS: Final = 30.0
"""The pause between two readings while the provider fails and its addresses are known."""
_SCHEMES: Final = {"https": ("https",), "http": ("http", "https")}
"""Of the addresses, by the scheme of the issuer: the client's secret travels as safely as was configured."""


class Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        needed = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        return (*needed, self.end_session_endpoint) if self.end_session_endpoint else needed


_METADATA: Final = msgspec.json.Decoder(Metadata)


class Discovery:
    """Reads the metadata when they are asked for, and keeps them for an hour.

    Metadata that cannot be read anew stay good: a wrong address fails by itself.
    """

    def __init__(self, issuer: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._now = now
        self._breaker = Breaker(PART)
        self._metadata: Metadata | None = None
        self._read_at = -inf
        self._failed_at = -inf
        self._reading = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Raises Unavailable."""
        if self._metadata is None or not self._fresh():
            async with self._reading:
                await self._refresh()
        assert self._metadata is not None
        return self._metadata

    async def _refresh(self) -> None:
        """Callers that waited for a reading do not read again."""
        if self._metadata is not None and (self._fresh() or self._now() - self._failed_at < RETRY_SECONDS):
            return
        try:
            self._metadata = await self._read()
        except NoAnswer as error:
            self._failed_at = self._now()
            if self._metadata is None:
                raise unavailable(PART, error) from None
            log_no_answer(PART, error)
        else:
            self._read_at = self._now()

    def _fresh(self) -> bool:
        return self._now() - self._read_at <= FRESH_SECONDS

    async def _read(self) -> Metadata:
        """Raises NoAnswer."""
        url = get_well_known_url(self._issuer, external=True)
        async with http_session() as session:
            provider = HttpNeighbour(session, url, part=PART, seconds=SECONDS, breaker=self._breaker)
            return metadata_of(await provider.get(attempts=2), self._issuer)


def metadata_of(answer: Answer, issuer: str) -> Metadata:
    """Raises NoAnswer for metadata of another issuer, and for addresses that must not be used."""
    read = decoded(_METADATA, answer.content)
    if read.issuer != issuer:
        raise NoAnswer("the provider names another issuer; FANGATE_OIDC_ISSUER must be the same text")
    allowed = _SCHEMES[urlsplit(issuer).scheme.lower()]
    if not all(_scheme_of(url) in allowed for url in read.addresses):
        raise NoAnswer(f"an address of the provider does not begin with {' or '.join(allowed)}://")
    return read


def _scheme_of(url: str) -> str:
    """Empty for what is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.scheme.lower() if parts.hostname else ""
