"""What tokens may be signed with: a shared secret, or the keys an issuer publishes."""

import asyncio
import time
from collections.abc import Mapping
from math import inf
from typing import Any, Final, Protocol

import httpx2
import jwt
import structlog

from domain.model.errors import Unavailable

KEYS_FRESH_SECONDS: Final = 300
KEYS_COOLDOWN_SECONDS: Final = 10
"""An unknown ``kid`` makes us look again at once, for keys rotate, but not more often than this."""
KEYS_TIMEOUT_SECONDS: Final = 3.0
KEYS_RETRY_SECONDS: Final = 1.0
"""While there are no keys at all, the issuer is not asked more often than this."""


class Keys(Protocol):
    """What tokens may be signed with."""

    generation: int
    """Another number whenever the keys may have changed: what was checked before must be checked again."""

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        """The key for this token and the algorithms allowed with it. Raises jwt.InvalidTokenError."""
        ...


class SharedSecret:
    """HS256 with one secret."""

    generation = 0

    def __init__(self, secret: str) -> None:
        self._key = secret, ["HS256"]

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        return self._key


class PublishedKeys:
    """RS256 or ES256 with the keys an issuer publishes, by ``kid``.

    Keys once seen stay good while the issuer cannot be reached.
    """

    ALGORITHMS: Final = ("RS256", "ES256")

    def __init__(self, url: str) -> None:
        self.generation = 0
        self._url = url
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = -inf
        self._looked_again_at = -inf
        self._failed_at = -inf
        self._fetching = asyncio.Lock()

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str):
            raise jwt.InvalidTokenError("no kid")
        if kid not in self._keys or self._stale(time.monotonic()):
            async with self._fetching:
                await self._look_up(kid)
        key = self._keys.get(kid)
        if key is None or key.algorithm_name not in self.ALGORITHMS:
            raise jwt.InvalidTokenError("no such key")
        return key, [key.algorithm_name]

    def _stale(self, now: float) -> bool:
        return now - self._fetched_at > KEYS_FRESH_SECONDS

    async def _look_up(self, kid: str) -> None:
        """Ask the issuer when what we know is old, or when it may have published this key since."""
        now = time.monotonic()
        if not self._keys and now - self._failed_at < KEYS_RETRY_SECONDS:
            raise Unavailable("keys")  # Those who waited for the failed try need not each wait for one more.
        if self._stale(now):
            await self._fetch()
        elif kid not in self._keys and now - self._looked_again_at > KEYS_COOLDOWN_SECONDS:
            self._looked_again_at = now
            await self._fetch()

    async def _fetch(self) -> None:
        try:
            async with httpx2.AsyncClient(timeout=KEYS_TIMEOUT_SECONDS) as client:
                answer = await client.get(self._url)
            published = jwt.PyJWKSet.from_dict(answer.raise_for_status().json())
        except (httpx2.HTTPError, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            structlog.get_logger().warning("jwks.unreachable", reason=type(error).__name__)
            self._failed_at = time.monotonic()
            if not self._keys:
                raise Unavailable("keys") from error
        else:
            self._keys = {key.key_id: key for key in published.keys if key.key_id}
            self.generation += 1
        self._fetched_at = time.monotonic()
