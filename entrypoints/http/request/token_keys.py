"""What tokens may be signed with: a shared secret, or the keys an issuer publishes."""

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import Any, Final, Protocol

import httpx2
import jwt
import structlog

from domain.model.errors import Unavailable
from entrypoints.http.request.key_set import ALGORITHMS, KeySet
from entrypoints.http.request.token_refusals import Reason, TokenRefused

KEYS_FRESH_SECONDS: Final = 300
KEYS_LONGEST_SECONDS: Final = 3_600
"""How long keys that cannot be fetched anew stay good. The issuer may have withdrawn them meanwhile."""
KEYS_COOLDOWN_SECONDS: Final = 10
"""A key we do not know makes us look again at once, for keys rotate, but not more often than this."""
KEYS_TIMEOUT_SECONDS: Final = 3.0
KEYS_RETRY_SECONDS: Final = 30.0
"""While the issuer fails and keys are known, it is not asked more often than this."""
NO_KEYS_RETRY_SECONDS: Final = 1.0
"""The same while there are no keys at all."""


class Keys(Protocol):
    """What tokens may be signed with."""

    generation: int
    """Another number whenever the keys may have changed: what was checked before must be checked again."""

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        """The key for this token and the algorithms allowed with it. Raises jwt.InvalidTokenError, Unavailable."""
        ...

    async def changed_since(self, generation: int, token: str) -> bool:
        """The signature did not match. Are there other keys by now, that this token may be signed with?"""
        ...


class SharedSecret:
    """HS256 with one secret."""

    generation = 0

    def __init__(self, secret: str) -> None:
        self._key = secret, ["HS256"]

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        return self._key

    async def changed_since(self, generation: int, token: str) -> bool:
        return False


class PublishedKeys:
    """RS256 or ES256 with the keys an issuer publishes, by ``kid``.

    A key set that was read is authoritative, an empty one too. While the issuer cannot be reached, what was read
    last stays good, but not for ever.
    """

    def __init__(self, url: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self.generation = 0
        self._url = url
        self._now = now
        self._keys: KeySet | None = None
        """None: never read, or too long ago."""
        self._read_at = -inf
        self._looked_again_at = -inf
        self._failed_at = -inf
        self._fetching = asyncio.Lock()

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        kid, algorithm = _named(token)
        await self._refresh()
        try:
            key = self._known().find(kid, algorithm)
        except TokenRefused:
            await self._look_again()
            key = self._known().find(kid, algorithm)
        return key, [key.algorithm_name]

    async def changed_since(self, generation: int, token: str) -> bool:
        """Only a key that was not chosen by its ``kid`` may be another one by now."""
        if _named(token)[0] is None:
            await self._look_again()
        return self.generation != generation

    def _known(self) -> KeySet:
        if self._keys is None:
            raise Unavailable("keys")
        return self._keys

    async def _refresh(self) -> None:
        """Fetch what is old. Those who waited for a try that failed need not each wait for one more."""
        if self._fresh():
            return
        async with self._fetching:
            retry = NO_KEYS_RETRY_SECONDS if self._keys is None else KEYS_RETRY_SECONDS
            if not self._fresh() and self._now() - self._failed_at >= retry:
                await self._fetch()
            if self._keys is not None and self._now() - self._read_at > KEYS_LONGEST_SECONDS:
                structlog.get_logger().error("jwks.too_old", seconds=KEYS_LONGEST_SECONDS)
                self._replace(None)

    def _fresh(self) -> bool:
        return self._keys is not None and self._now() - self._read_at <= KEYS_FRESH_SECONDS

    async def _look_again(self) -> None:
        """The issuer may have published this key since."""
        async with self._fetching:
            if self._now() - self._looked_again_at > KEYS_COOLDOWN_SECONDS:
                self._looked_again_at = self._now()
                await self._fetch()

    async def _fetch(self) -> None:
        try:
            async with httpx2.AsyncClient(timeout=KEYS_TIMEOUT_SECONDS) as client:
                answer = await client.get(self._url)
            published = KeySet.read(answer.raise_for_status().json())
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            structlog.get_logger().warning("jwks.unreachable", reason=type(error).__name__)
            self._failed_at = self._now()
        else:
            self._read_at = self._now()
            self._replace(published)

    def _replace(self, keys: KeySet | None) -> None:
        if keys is not None and not keys.keys:
            structlog.get_logger().warning("jwks.empty")
        self._keys = keys
        self.generation += 1


def _named(token: str) -> tuple[str | None, str]:
    """``kid`` and ``alg`` of the token's head. They choose among the keys that may be used, and allow nothing."""
    head = jwt.get_unverified_header(token)
    kid, algorithm = head.get("kid"), head.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenRefused(Reason.ALGORITHM)
    if kid is not None and not isinstance(kid, str):
        raise TokenRefused(Reason.KEY_UNKNOWN)
    return kid, algorithm
