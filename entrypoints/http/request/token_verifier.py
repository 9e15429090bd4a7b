"""Checks the bearer tokens of callers (code-service REQ-001).

The algorithms come from the configuration, never from the token; the claim that makes an administrator counts only
as exactly ``true``. The log says why a token was refused; the caller is not told.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import jwt

from domain.model.ids import UserId, is_user_id
from entrypoints.config.settings import Settings
from entrypoints.http.request.scopes import NOT_NARROWED, MalformedClaim, Narrowing, narrowing_of
from entrypoints.http.request.token_refusals import Reason, RefusalLog, TokenRefused, refused
from entrypoints.http.response.problems import Problem, unauthenticated
from ports.identity import NoKey, TokenKeys, VerificationKey

LEEWAY_SECONDS: Final = 30
MAX_TOKEN_LENGTH: Final = 8_192
REMEMBERED_SECONDS: Final = 60.0
"""How long a checked token needs no new check. A key that its issuer withdrew works for as long."""
REMEMBERED_TOKENS: Final = 10_000
_NO_KEY: Final = {NoKey.UNKNOWN: Reason.KEY_UNKNOWN, NoKey.AMBIGUOUS: Reason.KID_MISSING}


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: UserId
    supreme: bool
    narrowing: Narrowing = NOT_NARROWED
    """What an administrator's token allows. A fan's token is not narrowed by any claim."""


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Checks bearer tokens, and remembers good ones for a short time: services send the same token often."""

    keys: TokenKeys
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
        kid, algorithm = self._named(token)
        generation = self.keys.generation
        try:
            return self._decode(token, await self._key(kid, algorithm))
        except jwt.InvalidSignatureError:
            if not await self.keys.changed_since(generation, kid):
                raise
        return self._decode(token, await self._key(kid, algorithm))

    def _named(self, token: str) -> tuple[str | None, str]:
        """``kid`` and ``alg`` of the token's head. They choose among the permitted keys; they permit nothing."""
        head = jwt.get_unverified_header(token)
        kid, algorithm = head.get("kid"), head.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self.keys.algorithms:
            raise TokenRefused(Reason.ALGORITHM)
        if kid is not None and not isinstance(kid, str):
            raise TokenRefused(Reason.KEY_UNKNOWN)
        return kid, algorithm

    async def _key(self, kid: str | None, algorithm: str) -> VerificationKey:
        key = await self.keys.key(kid, algorithm)
        if isinstance(key, NoKey):
            raise TokenRefused(_NO_KEY[key])
        return key

    def _decode(self, token: str, key: VerificationKey) -> Mapping[str, Any]:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            _prepared(key),
            algorithms=[key.algorithm],
            issuer=self.issuer,
            audience=self.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["sub", "exp"], "verify_aud": self.audience is not None},
        )
        return claims

    def _admit(self, claims: Mapping[str, Any]) -> "_Admitted":
        """Raises TokenRefused for claims that are signed and still not acceptable."""
        subject, expires = claims["sub"], claims["exp"]
        if not is_user_id(subject):
            raise TokenRefused(Reason.CLAIM_INVALID, "sub")
        if isinstance(expires, str):
            raise TokenRefused(Reason.CLAIM_INVALID, "exp")
        supreme = claim_at(claims, self.supreme_claim) is True
        caller = Caller(UserId(subject), supreme, _narrowing(claims) if supreme else NOT_NARROWED)
        until = min(time.time() + REMEMBERED_SECONDS, expires + LEEWAY_SECONDS)
        return _Admitted(caller, until, self.keys.generation)


def _narrowing(claims: Mapping[str, Any]) -> Narrowing:
    try:
        return narrowing_of(claims)
    except MalformedClaim as error:
        raise TokenRefused(Reason.CLAIM_INVALID, error.claim) from None


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
    """The generation of the keys that checked the token."""

    def still_good(self, generation: int) -> bool:
        return time.time() < self.until and generation == self.generation


@lru_cache(maxsize=64)
def _prepared(key: VerificationKey) -> Any:
    """The key in the form of the library. Parsing a public key takes longer than checking a signature with it."""
    return jwt.get_algorithm_by_name(key.algorithm).prepare_key(key.material)


def token_verifier(settings: Settings, keys: TokenKeys) -> TokenVerifier:
    issuer, audience = settings.jwt_issuer, settings.jwt_audience
    return TokenVerifier(
        keys=keys,
        issuer=issuer,
        audience=audience,
        supreme_claim=settings.jwt_supreme_claim,
        refusals=RefusalLog(issuer=issuer, audience=audience),
    )
