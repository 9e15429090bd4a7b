"""The keys that an issuer publishes as a JSON Web Key Set, fetched over HTTP and kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import Final

import httpx2
import structlog

from adapters.jwks.key_set import ALGORITHMS, KeySet
from domain.model.errors import Unavailable
from ports.identity import NoKey, VerificationKey

FRESH_SECONDS: Final = 300
LONGEST_SECONDS: Final = 3_600
"""How long keys that cannot be fetched anew stay good. The issuer may have withdrawn them meanwhile."""
COOLDOWN_SECONDS: Final = 10
"""Keys rotate, so an unknown key leads to a new fetch at once, but not more often than this."""
TIMEOUT_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 30.0
"""The pause between two fetches while the issuer fails and keys are known."""
NO_KEYS_RETRY_SECONDS: Final = 1.0
"""The same pause while no keys are known."""

FindUrl = Callable[[], Awaitable[str]]
"""Where an issuer tells where its keys are. Raises Unavailable."""

log = structlog.get_logger()


class PublishedKeys:
    """RS256 or ES256 with the keys that an issuer publishes.

    A key set that was read is authoritative, an empty one too. While the issuer cannot be reached, the keys that
    were read last stay good, but not for ever.
    """

    def __init__(self, url: str | FindUrl, *, now: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now = now
        self._generation = 0
        self._keys: KeySet | None = None
        """None: never read, or too long ago."""
        self._read_at = -inf
        self._looked_again_at = -inf
        self._failed_at = -inf
        self._fetching = asyncio.Lock()

    @property
    def algorithms(self) -> Sequence[str]:
        return ALGORITHMS

    @property
    def generation(self) -> int:
        return self._generation

    async def key(self, kid: str | None, algorithm: str) -> VerificationKey | NoKey:
        await self._refresh()
        found = self._known().find(kid, algorithm)
        if isinstance(found, NoKey):
            await self._look_again()
            found = self._known().find(kid, algorithm)
        return found

    async def changed_since(self, generation: int, kid: str | None) -> bool:
        """Only a key that was not chosen by its ``kid`` may be another one by now."""
        if kid is None:
            await self._look_again()
        return self._generation != generation

    def _known(self) -> KeySet:
        if self._keys is None:
            raise Unavailable("keys")
        return self._keys

    async def _refresh(self) -> None:
        """Fetch the keys when they are old. Callers that waited for a fetch that failed do not fetch again."""
        if self._fresh():
            return
        async with self._fetching:
            retry = NO_KEYS_RETRY_SECONDS if self._keys is None else RETRY_SECONDS
            if not self._fresh() and self._now() - self._failed_at >= retry:
                await self._fetch()
            if self._keys is not None and self._now() - self._read_at > LONGEST_SECONDS:
                log.error("jwks.too_old", seconds=LONGEST_SECONDS)
                self._replace(None)

    def _fresh(self) -> bool:
        return self._keys is not None and self._now() - self._read_at <= FRESH_SECONDS

    async def _look_again(self) -> None:
        """The issuer may have published this key since the last fetch."""
        async with self._fetching:
            if self._now() - self._looked_again_at > COOLDOWN_SECONDS:
                self._looked_again_at = self._now()
                await self._fetch()

    async def _fetch(self) -> None:
        try:
            url = self._url if isinstance(self._url, str) else await self._url()
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                answer = await client.get(url)
            published = KeySet.read(answer.raise_for_status().json())
        except (Unavailable, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            log.warning("jwks.unreachable", reason=type(error).__name__)
            self._failed_at = self._now()
        else:
            self._read_at = self._now()
            self._replace(published)

    def _replace(self, keys: KeySet | None) -> None:
        if keys is not None and not keys.keys:
            log.warning("jwks.empty")
        self._keys = keys
        self._generation += 1
