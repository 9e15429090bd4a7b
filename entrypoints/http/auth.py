"""Who is calling (code-service REQ-001).

The algorithms come from the configuration, never from the token; ``supreme`` counts only as exactly ``true``.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from litestar.connection import ASGIConnection

from domain.model.errors import Unavailable
from domain.model.ids import UserId, is_user_id
from entrypoints.application import Application
from entrypoints.http.headers import header
from entrypoints.http.keys import Keys, PublishedKeys, SharedSecret
from entrypoints.http.problems import forbidden, unauthenticated
from entrypoints.settings import PREFIX, ConfigurationError, Settings

LEEWAY_SECONDS: Final = 30
MAX_TOKEN_LENGTH: Final = 8_192
REMEMBERED_SECONDS: Final = 60.0
"""How long a token that was checked needs no new check; a key taken back by its issuer works as much longer."""
REMEMBERED_TOKENS: Final = 10_000

_CALLER: Final = "fangate.caller"

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: UserId
    supreme: bool


@dataclass(frozen=True, slots=True)
class Door:
    """Checks bearer tokens, and remembers for a little while those that were good: services show theirs often."""

    keys: Keys
    issuer: str | None
    audience: str | None
    _admitted: dict[bytes, "_Admitted"] = field(default_factory=dict, repr=False)
    """By the hash of the token: a token is a secret, and is not kept."""

    async def admit(self, authorization: str | None) -> Caller:
        """Raises a 401 Problem for a header that is missing, malformed, expired or badly signed."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("the Authorization header must be: Bearer and a token")
        if len(token) > MAX_TOKEN_LENGTH:
            raise unauthenticated("the token is too long")
        name = hashlib.sha256(token.encode(errors="replace")).digest()
        admitted = self._admitted.get(name)
        if admitted is None or not admitted.still_good(self.keys.generation):
            admitted = await self._check(token)
            self._remember(name, admitted)
        return admitted.caller

    def _remember(self, name: bytes, admitted: "_Admitted") -> None:
        if len(self._admitted) >= REMEMBERED_TOKENS:
            self._admitted.clear()
        self._admitted[name] = admitted

    async def _check(self, token: str) -> "_Admitted":
        try:
            claims = await self._claims(token)
            return _admitted(claims, self.keys.generation)
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


@dataclass(frozen=True, slots=True)
class _Admitted:
    caller: Caller
    until: float
    generation: int
    """Of the keys that the token was checked with."""

    def still_good(self, generation: int) -> bool:
        return time.time() < self.until and generation == self.generation


def _admitted(claims: Mapping[str, Any], generation: int) -> _Admitted:
    """Raises ValueError for claims that are signed, but not as they should be."""
    subject, expires = claims["sub"], claims["exp"]
    if not is_user_id(subject) or isinstance(expires, str):
        raise ValueError("sub is not a user id, or exp is not a time")
    caller = Caller(UserId(subject), supreme=claims.get("supreme") is True)
    return _Admitted(caller, min(time.time() + REMEMBERED_SECONDS, expires + LEEWAY_SECONDS), generation)


def door(settings: Settings) -> Door:
    """Raises ConfigurationError when there is nothing to check tokens with."""
    return Door(_keys(settings), settings.jwt_issuer, settings.jwt_audience)


def _keys(settings: Settings) -> Keys:
    if settings.jwt_jwks_url:
        return PublishedKeys(settings.jwt_jwks_url)
    if settings.jwt_secret:
        return SharedSecret(settings.jwt_secret.get_secret_value())
    raise ConfigurationError(f"{PREFIX}JWT_SECRET or {PREFIX}JWT_JWKS_URL must be set")


async def supreme(request: Connection) -> None:
    """Guard: administrators only."""
    if not (await _admit(request)).supreme:
        raise forbidden()


async def fan(request: Connection) -> None:
    """Guard: whoever has a valid token; what is a fan's own is for the handler to see to."""
    await _admit(request)


async def oneself(request: Connection) -> None:
    """Guard: a valid token; the handler reaches only what belongs to its subject, an administrator's too."""
    await _admit(request)


async def public(_: Connection) -> None:
    """Guard: everyone, on purpose."""


async def _admit(request: Connection) -> Caller:
    door: Door = request.app.state.door
    caller = await door.admit(header(request, b"authorization"))
    application: Application = request.app.state.application
    if application.store.away():  # Every operation needs it: better refused now than after a time-out.
        raise Unavailable("store")
    request.scope[_CALLER] = caller  # type: ignore[typeddict-unknown-key]
    return caller


def caller_of(request: Connection) -> Caller:
    """Who was admitted."""
    caller: Caller = request.scope[_CALLER]  # type: ignore[typeddict-item]
    return caller


Guard = Callable[[Connection], Awaitable[None]]
