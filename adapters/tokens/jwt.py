"""Confirmation tokens as JWTs of this service's own."""

import hashlib
import hmac
from typing import Any, Final

import jwt

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge, ChallengeRef, phone_digest
from domain.model.registrations.errors import InvalidConfirmationToken

MIN_KEY_BYTES: Final = 32
MAX_TOKEN_BYTES: Final = 4_096
"""A fan's id may have 128 characters, each of which takes 16 bytes in a token at most."""
AUDIENCE: Final = "fangate-confirmation"
TYPE: Final = "confirmation+jwt"
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("sub", "campaign", "challenge", "phone")


class JwtConfirmationTokens:
    """Signed with a key derived from the operator's, so that no access token is ever a confirmation token, nor the
    reverse, even where an operator gave both the same secret.

    Nothing in a token tells the time: how long a code is good for is the challenge's business, and the same
    challenge so makes the same token.
    """

    def __init__(self, key: bytes) -> None:
        """``key`` is the one of ConfirmationRules. Raises ValueError for one that is too short."""
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"must have at least {MIN_KEY_BYTES} bytes")
        self._digest_key = key
        self._signing_key = hmac.digest(key, AUDIENCE.encode(), hashlib.sha256)

    def issue(self, challenge: Challenge) -> str:
        claims = {
            "aud": AUDIENCE,
            "sub": challenge.user_id,
            "campaign": challenge.campaign_id,
            "challenge": challenge.id,
            "phone": phone_digest(challenge.phone, self._digest_key),
        }
        return jwt.encode(claims, self._signing_key, algorithm=_ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str) -> ChallengeRef:
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidConfirmationToken
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, ValueError):
            raise InvalidConfirmationToken from None  # The error might quote the token.
        return ChallengeRef(
            challenge_id=claims["challenge"],
            campaign_id=CampaignId(claims["campaign"]),
            user_id=UserId(claims["sub"]),
            phone_digest=claims["phone"],
        )

    def _claims(self, token: str) -> dict[str, str]:
        decoded = jwt.decode_complete(
            token,
            self._signing_key,
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["aud", *_CLAIMS], "strict_aud": True},
        )
        claims: dict[str, Any] = decoded["payload"]
        if decoded["header"].get("typ") != TYPE or not all(isinstance(claims[name], str) for name in _CLAIMS):
            raise ValueError("not a confirmation token")
        return claims
