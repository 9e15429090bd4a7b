"""Confirmation tokens: JWTs that this service signs."""

import hashlib
import hmac
import json
from typing import Any, Final

import jwt
from jwt.algorithms import HMACAlgorithm

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge, ChallengeRef, phone_digest
from domain.model.registrations.errors import InvalidConfirmationToken

MIN_KEY_BYTES: Final = 32
MAX_TOKEN_BYTES: Final = 4_096
"""The id of a fan may have 128 characters, and each takes at most 16 bytes in a token."""
AUDIENCE: Final = "fangate-confirmation"
TYPE: Final = "confirmation+jwt"
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("sub", "campaign", "challenge", "phone")


class _OneKey(HMACAlgorithm):
    """For a key that was checked. The library checks with each token that its key is of no other kind, which takes
    longer than signing."""

    def __init__(self, key: bytes) -> None:
        super().__init__(HMACAlgorithm.SHA256)
        self._key = super().prepare_key(key)

    def prepare_key(self, _: str | bytes) -> bytes:
        return self._key


class JwtConfirmationTokens:
    """Signed with a key that is derived from the operator's key. So an access token is never accepted as a
    confirmation token, nor the reverse, even if the operator configured the same secret for both.

    A token contains no time. The challenge has the deadline, and so the same challenge always gets the same token.
    """

    def __init__(self, key: bytes) -> None:
        """``key``: the key of ConfirmationRules. Raises ValueError when it is too short."""
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"must have at least {MIN_KEY_BYTES} bytes")
        self._digest_key = key
        self._signing_key = hmac.digest(key, AUDIENCE.encode(), hashlib.sha256)
        self._signer = jwt.PyJWS()
        self._signer.unregister_algorithm(_ALGORITHM)
        self._signer.register_algorithm(_ALGORITHM, _OneKey(self._signing_key))

    def issue(self, challenge: Challenge) -> str:
        claims = {
            "aud": AUDIENCE,
            "sub": challenge.user_id,
            "campaign": challenge.campaign_id,
            "challenge": challenge.id,
            "phone": phone_digest(challenge.phone, self._digest_key),
        }
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return self._signer.encode(payload, self._signing_key, algorithm=_ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str) -> ChallengeRef:
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidConfirmationToken
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, ValueError):
            raise InvalidConfirmationToken from None  # The error may contain the token.
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
