"""Who is calling (code-service REQ-001).

The algorithms come from the configuration, never from the token; ``supreme`` counts only as exactly ``true``.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Protocol

import httpx2
import jwt
import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from domain.model.errors import Unavailable
from domain.model.ids import UserId, is_user_id
from entrypoints.http.problems import forbidden, unauthenticated
from entrypoints.settings import PREFIX, ConfigurationError, Settings

LEEWAY_SECONDS: Final = 30
MAX_TOKEN_LENGTH: Final = 8_192
KEYS_FRESH_SECONDS: Final = 300
KEYS_COOLDOWN_SECONDS: Final = 10
"""An unknown ``kid`` makes us look again at once, for keys rotate, but not more often than this."""
KEYS_TIMEOUT_SECONDS: Final = 3.0
KEYS_RETRY_SECONDS: Final = 1.0
"""While there are no keys at all, the issuer is not asked more often than this."""

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: UserId
    supreme: bool


class Keys(Protocol):
    """What tokens may be signed with."""

    async def key_for(self, token: str) -> tuple[Any, list[str]]:
        """The key for this token and the algorithms allowed with it. Raises jwt.InvalidTokenError."""
        ...


class SharedSecret:
    """HS256 with one secret."""

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
        self._fetched_at = time.monotonic()


@dataclass(frozen=True, slots=True)
class Door:
    """Checks bearer tokens."""

    keys: Keys
    issuer: str | None
    audience: str | None

    async def admit(self, authorization: str | None) -> Caller:
        """Raises a 401 Problem for a header that is missing, malformed, expired or badly signed."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("the Authorization header must be: Bearer and a token")
        if len(token) > MAX_TOKEN_LENGTH:
            raise unauthenticated("the token is too long")
        try:
            return _caller(await self._claims(token))
        except jwt.ExpiredSignatureError:
            raise unauthenticated("the token has expired") from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise unauthenticated("the token is not acceptable") from None

    async def _claims(self, token: str) -> Mapping[str, Any]:
        key, algorithms = await self.keys.key_for(token)
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=self.issuer,
            audience=self.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["sub", "exp"], "verify_aud": self.audience is not None},
        )
        return claims


def _caller(claims: Mapping[str, Any]) -> Caller:
    subject = claims["sub"]
    if not is_user_id(subject):
        raise ValueError("sub is not a user id")
    return Caller(UserId(subject), supreme=claims.get("supreme") is True)


def door(settings: Settings) -> Door:
    """Raises ConfigurationError when there is nothing to check tokens with."""
    return Door(_keys(settings), settings.jwt_issuer, settings.jwt_audience)


def _keys(settings: Settings) -> Keys:
    if settings.jwt_jwks_url:
        return PublishedKeys(settings.jwt_jwks_url)
    if settings.jwt_secret:
        return SharedSecret(settings.jwt_secret.get_secret_value())
    raise ConfigurationError(f"{PREFIX}JWT_SECRET or {PREFIX}JWT_JWKS_URL must be set")


async def supreme(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: administrators only."""
    if not (await _admit(connection)).supreme:
        raise forbidden()


async def fan(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: whoever has a valid token; what is a fan's own is for the handler to see to."""
    await _admit(connection)


async def public(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: everyone, on purpose."""


async def _admit(connection: Connection) -> Caller:
    door: Door = connection.app.state.door
    caller = await door.admit(connection.headers.get("authorization"))
    connection.state.caller = caller
    return caller


def caller_of(connection: Connection) -> Caller:
    """Who was admitted."""
    caller: Caller = connection.state.caller
    return caller


Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
