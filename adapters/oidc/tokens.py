"""The answer to a code: the identity token, and whether it belongs to this sign-in."""

from dataclasses import dataclass, field
from typing import Any, Final

import jwt
import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from adapters.outgoing.answers import Answer, decoded
from adapters.outgoing.breaker import NoAnswer
from ports.identity import SignInRefused

LEEWAY_SECONDS: Final = 30
LONGEST: Final = 8_192
"""Of a code, and of an identity token, which becomes the bearer token of the session."""
_ERRORS: Final = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope",
})  # fmt: skip
"""Of RFC 6749. Other words of the provider are not logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What the claims of the token must say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


_TOKENS: Final = msgspec.json.Decoder(_Tokens)
_REFUSAL: Final = msgspec.json.Decoder(_Refusal)


def id_token_of(answer: Answer, binding: Binding) -> str:
    """Raises SignInRefused, and NoAnswer for an answer that cannot be read."""
    if not answer.ok:
        raise SignInRefused(_reason(answer))
    tokens = decoded(_TOKENS, answer.content)
    if len(tokens.id_token) > LONGEST:
        raise SignInRefused(f"the identity token has more than {LONGEST} characters")
    try:
        _check(tokens, binding)
    except (jwt.PyJWTError, JoseError, ValueError, TypeError, RecursionError) as error:
        raise SignInRefused(f"the identity token does not fit: {type(error).__name__}{_claim(error)}") from None
    return tokens.id_token


def _check(tokens: _Tokens, binding: Binding) -> None:
    """Authlib compares issuer, audience, ``azp``, times, ``nonce`` and ``at_hash``. Whether the signature is good
    is checked later, by the guard of the session, of this very text."""
    read = jwt.decode_complete(tokens.id_token, options={"verify_signature": False})
    claims = CodeIDToken(
        read["payload"],
        read["header"],
        {
            "iss": {"essential": True, "value": binding.issuer},
            "aud": {"essential": True, "value": binding.client_id},
        },
        {"nonce": binding.nonce, "client_id": binding.client_id, "access_token": tokens.access_token},
    )
    claims.validate(leeway=LEEWAY_SECONDS)


def _claim(error: Exception) -> str:
    """The name of the claim that does not fit, never its value."""
    claim: Any = getattr(error, "claim", None)
    return f", {claim}" if isinstance(claim, str) else ""


def _reason(answer: Answer) -> str:
    try:
        named = decoded(_REFUSAL, answer.body).error
    except NoAnswer:
        named = ""
    return f"status {answer.status}, {named if named in _ERRORS else 'another error'}"
