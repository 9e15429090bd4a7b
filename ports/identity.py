"""The keys that sign the callers' tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationKey:
    """A key that checks the signature of a token."""

    algorithm: str
    """As JSON Web Algorithms name it: ``RS256``."""
    material: bytes = field(repr=False)
    """The shared secret, or the public key as PEM."""


class NoKey(Enum):
    """Why there is no key for a token."""

    UNKNOWN = auto()
    """No key fits."""
    AMBIGUOUS = auto()
    """Several keys fit, and the token names none of them."""


class TokenKeys(Protocol):
    @property
    def algorithms(self) -> Sequence[str]:
        """The algorithms that a token may be signed with."""
        ...

    @property
    def generation(self) -> int:
        """Another number whenever the keys may have changed: a token that was checked before is checked again."""
        ...

    async def key(self, kid: str | None, algorithm: str) -> VerificationKey | NoKey:
        """The key with this ``kid`` that fits the algorithm; else the only key that fits, if ``kid`` allows it.

        Raises Unavailable.
        """
        ...

    async def changed_since(self, generation: int, kid: str | None) -> bool:
        """A signature did not match the key of this generation: may ``kid`` name another key by now?"""
        ...
