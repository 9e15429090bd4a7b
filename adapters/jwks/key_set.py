"""A JSON Web Key Set (RFC 7517): which of its keys may check the signature of a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ports.identity import NoKey, VerificationKey

ALGORITHMS: Final = ("RS256", "ES256")
_UNUSABLE: Final = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError)
"""What the library raises for a key that it cannot read, or that is not a public key."""


class PublishedKey(NamedTuple):
    kid: str | None
    key: VerificationKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that may check signatures, in the order of the document. The others are left out."""

    keys: tuple[PublishedKey, ...] = ()

    @classmethod
    def read(cls, document: object) -> "KeySet":
        """Read key by key: an unusable key does not hide the others. Raises ValueError for no key set."""
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            raise ValueError("not a key set")  # noqa: TRY004  # what was read is wrong, not the code
        found = (_verifying(one) for one in listed if isinstance(one, dict))
        return cls(tuple(key for key in found if key is not None))

    def find(self, kid: str | None, algorithm: str) -> VerificationKey | NoKey:
        """The key with this ``kid`` that fits; else the only key that fits, if ``kid`` does not rule it out."""
        fitting = [published for published in self.keys if published.key.algorithm == algorithm]
        if kid is None:
            return _only(fitting, NoKey.AMBIGUOUS if fitting else NoKey.UNKNOWN)
        named = [published for published in fitting if published.kid == kid]
        if named:
            return named[0].key
        return _only([published for published in fitting if published.kid is None], NoKey.UNKNOWN)


def _only(keys: list[PublishedKey], otherwise: NoKey) -> VerificationKey | NoKey:
    return keys[0].key if len(keys) == 1 else otherwise


def _verifying(published: Mapping[str, Any]) -> PublishedKey | None:
    """None for a key that encrypts, for a key that only signs, and for another algorithm."""
    operations = published.get("key_ops")
    if published.get("use", "sig") != "sig" or (operations is not None and "verify" not in _listed(operations)):
        return None
    try:
        read = jwt.PyJWK(dict(published))
        if read.algorithm_name not in ALGORITHMS:
            return None
        pem = read.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    except _UNUSABLE:
        return None
    return PublishedKey(read.key_id, VerificationKey(algorithm=read.algorithm_name, material=pem))


def _listed(operations: object) -> list[object]:
    return operations if isinstance(operations, list) else []
