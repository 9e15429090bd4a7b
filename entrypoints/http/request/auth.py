"""Who is calling (code-service REQ-001).

The algorithms come from the configuration, never from the token; the claim that makes an administrator counts only
as exactly ``true``. Why a token was refused is logged, and not told to the caller.
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
from entrypoints.config.settings import PREFIX, ConfigurationError, Settings
from entrypoints.http.request.headers import header
from entrypoints.http.request.token_keys import Keys, PublishedKeys, SharedSecret
from entrypoints.http.request.token_refusals import Reason, RefusalLog, TokenRefused, refused
from entrypoints.http.response.problems import Problem, forbidden, unauthenticated

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
class TokenVerifier:
    """Checks bearer tokens, and remembers for a little while those that were good: services show theirs often."""

    keys: Keys
    issuer: str | None
    audience: str | None
    supreme_claim: str
    refusals: RefusalLog = field(repr=False)
    _admitted: dict[bytes, "_Admitted"] = field(default_factory=dict, repr=False)
    """By the hash of the token: a token is a secret, and is not kept."""

    async def admit(self, authorization: str | None) -> Caller:
        """Raises a 401 Problem for a header that is missing, malformed, expired or badly signed."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            self.refusals.add(TokenRefused(Reason.NO_TOKEN))
            raise unauthenticated("the Authorization header must be: Bearer and a token")
        if len(token) > MAX_TOKEN_LENGTH:
            self.refusals.add(TokenRefused(Reason.TOO_LONG))
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
            return self._admit(await self._claims(token))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            refusal = refused(error)
        self.refusals.add(refusal, token)
        raise _answer_to(refusal)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        generation = self.keys.generation
        try:
            return await self._decode(token)
        except jwt.InvalidSignatureError:
            if not await self.keys.changed_since(generation, token):
                raise
        return await self._decode(token)

    async def _decode(self, token: str) -> Mapping[str, Any]:
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

    def _admit(self, claims: Mapping[str, Any]) -> "_Admitted":
        """Raises TokenRefused for claims that are signed, but not as they should be."""
        subject, expires = claims["sub"], claims["exp"]
        if not is_user_id(subject):
            raise TokenRefused(Reason.CLAIM_INVALID, "sub")
        if isinstance(expires, str):
            raise TokenRefused(Reason.CLAIM_INVALID, "exp")
        caller = Caller(UserId(subject), supreme=claim_at(claims, self.supreme_claim) is True)
        until = min(time.time() + REMEMBERED_SECONDS, expires + LEEWAY_SECONDS)
        return _Admitted(caller, until, self.keys.generation)


def _answer_to(refusal: TokenRefused) -> Problem:
    expired = refusal.reason is Reason.EXPIRED
    return unauthenticated("the token has expired" if expired else "the token is not acceptable")


def claim_at(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, or at this dotted path. Names may hold dots: the longest is tried first."""
    if name in claims:
        return claims[name]
    cut = name.rfind(".")
    while cut > 0:
        inner = claims.get(name[:cut])
        if isinstance(inner, dict):
            return claim_at(inner, name[cut + 1 :])
        cut = name.rfind(".", 0, cut)
    return None


@dataclass(frozen=True, slots=True)
class _Admitted:
    caller: Caller
    until: float
    generation: int
    """Of the keys that the token was checked with."""

    def still_good(self, generation: int) -> bool:
        return time.time() < self.until and generation == self.generation


def token_verifier(settings: Settings) -> TokenVerifier:
    """Raises ConfigurationError when there is nothing to check tokens with."""
    issuer, audience = settings.jwt_issuer, settings.jwt_audience
    return TokenVerifier(
        keys=_keys(settings),
        issuer=issuer,
        audience=audience,
        supreme_claim=settings.jwt_supreme_claim,
        refusals=RefusalLog(issuer=issuer, audience=audience),
    )


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
    token_verifier: TokenVerifier = request.app.state.token_verifier
    caller = await token_verifier.admit(header(request, b"authorization"))
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
