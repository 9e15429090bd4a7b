"""Why tokens are refused: for the log only. Callers learn only that a token is not acceptable."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jwt
import structlog
from jwt import exceptions

from entrypoints.telemetry.line_budget import LineBudget

BURST: Final = 50
"""Lines of one reason that are logged at once; after that, one a second. The rest is counted."""
_LONGEST: Final = 128


class Reason(StrEnum):
    NO_TOKEN = "no_token"  # noqa: S105  # a reason, no password
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    KID_MISSING = "kid_missing"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIM_MISSING = "claim_missing"
    CLAIM_INVALID = "claim_invalid"


class TokenRefused(jwt.InvalidTokenError):
    """With the name of the wrong claim, where a claim is the reason."""

    def __init__(self, reason: Reason, claim: str | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.claim = claim


_REASONS: Final[Mapping[type[Exception], tuple[Reason, str | None]]] = {
    exceptions.ExpiredSignatureError: (Reason.EXPIRED, "exp"),
    exceptions.ImmatureSignatureError: (Reason.NOT_YET_VALID, None),
    exceptions.InvalidIssuerError: (Reason.ISSUER, "iss"),
    exceptions.InvalidAudienceError: (Reason.AUDIENCE, "aud"),
    exceptions.InvalidSignatureError: (Reason.SIGNATURE, None),
    exceptions.InvalidAlgorithmError: (Reason.ALGORITHM, None),
    exceptions.InvalidSubjectError: (Reason.CLAIM_INVALID, "sub"),
    exceptions.InvalidIssuedAtError: (Reason.CLAIM_INVALID, "iat"),
    exceptions.InvalidJTIError: (Reason.CLAIM_INVALID, "jti"),
}


def refused(error: Exception) -> TokenRefused:
    """The exception of the library as one of the reasons."""
    if isinstance(error, TokenRefused):
        return error
    if isinstance(error, jwt.MissingRequiredClaimError):
        return TokenRefused(Reason.CLAIM_MISSING, error.claim)
    return TokenRefused(*_REASONS.get(type(error), (Reason.MALFORMED, None)))


@dataclass(slots=True, kw_only=True)
class RefusalLog:
    """One line for each refusal, with a bound on each reason, so that a flood of one does not hide another."""

    issuer: str | None
    audience: str | None
    now: Callable[[], float] = time.monotonic
    _budgets: dict[Reason, LineBudget] = field(default_factory=dict)

    def add(self, refusal: TokenRefused, token: str = "") -> None:
        """Log the reason, and the key and issuer that the token names; never the token itself."""
        budget = self._budgets.setdefault(refusal.reason, LineBudget.full(BURST, self.now()))
        if not budget.take(self.now()):
            return
        fields = {
            "claim": refusal.claim,
            "not_logged": budget.forget(),
            **self._expected(refusal),
            **_named_in(token),
        }
        known = {name: value for name, value in fields.items() if value}
        structlog.get_logger().warning("auth.refused", reason=refusal.reason.value, **known)

    def _expected(self, refusal: TokenRefused) -> dict[str, str | None]:
        if refusal.claim == "iss":
            return {"expected_iss": self.issuer}
        return {"expected_aud": self.audience} if refusal.claim == "aud" else {}


def _named_in(token: str) -> dict[str, str | None]:
    """The key and issuer that a token names, true or not. The length of the token is checked before."""
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return {}
    header, claims = read["header"], read["payload"]
    return {"kid": _short(header.get("kid")), "alg": _short(header.get("alg"))} | {
        name: _short(claims.get(name)) for name in ("iss", "aud")
    }


def _short(value: Any) -> str | None:
    """Printable and bounded, since the caller wrote it. None where it is missing."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(one, str) for one in value[:_LONGEST]):
        value = " ".join(value[:_LONGEST])
    if not isinstance(value, str):
        return f"({type(value).__name__})"
    shown = "".join(one if " " <= one <= "~" else "?" for one in value[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
