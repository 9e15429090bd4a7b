"""A JSON Web Key Set (RFC 7517): which of its keys may check the signature of a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from entrypoints.http.request.token_refusals import Reason, TokenRefused

ALGORITHMS: Final = ("RS256", "ES256")
_UNUSABLE: Final = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError)
"""What the library raises for a key that it cannot read."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that may check signatures, in the order of the document. The others are left out."""

    keys: tuple[jwt.PyJWK, ...] = ()

    @classmethod
    def read(cls, document: object) -> "KeySet":
        """Read key by key: one that cannot be used does not hide the others. Raises ValueError for no key set."""
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            raise ValueError("not a key set")  # noqa: TRY004 - what was read is wrong, not the code
        found = (_verifying(one) for one in listed if isinstance(one, dict))
        return cls(tuple(key for key in found if key is not None))

    def find(self, kid: str | None, algorithm: str) -> jwt.PyJWK:
        """The key with this ``kid`` that fits; else the only one that fits, if ``kid`` does not rule it out.

        Raises TokenRefused.
        """
        fitting = [key for key in self.keys if key.algorithm_name == algorithm]
        if kid is None:
            return _only(fitting, Reason.KID_MISSING if fitting else Reason.KEY_UNKNOWN)
        named = [key for key in fitting if key.key_id == kid]
        if named:
            return named[0]
        return _only([key for key in fitting if key.key_id is None], Reason.KEY_UNKNOWN)


def _only(keys: list[jwt.PyJWK], otherwise: Reason) -> jwt.PyJWK:
    if len(keys) != 1:
        raise TokenRefused(otherwise)
    return keys[0]


def _verifying(published: Mapping[str, Any]) -> jwt.PyJWK | None:
    """None for a key that encrypts, that only signs, or whose algorithm is not taken here."""
    operations = published.get("key_ops")
    if published.get("use", "sig") != "sig" or (operations is not None and "verify" not in _listed(operations)):
        return None
    try:
        key = jwt.PyJWK(dict(published))
    except _UNUSABLE:
        return None
    return key if key.algorithm_name in ALGORITHMS else None


def _listed(operations: object) -> list[object]:
    return operations if isinstance(operations, list) else []
