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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """What one sign-in is bound to. It is compared when the browser comes back from the identity provider."""

    state: str = field(repr=False)
    """Names the attempt in the browser."""
    nonce: str = field(repr=False)
    """The identity token must have it."""
    verifier: str = field(repr=False)
    """Of PKCE: only this service can use the code that the browser brings back."""
    redirect_uri: str
    """Where the browser comes back to."""


class SignInRefused(Exception):
    """The identity provider refused the code, or its token belongs to another sign-in.

    ``reason`` is for the log; it has no data of the person and no secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IdentityProvider(Protocol):
    """Where the staff sign in. Each method may ask the provider over the network, and raises Unavailable."""

    async def sign_in_url(self, attempt: SignInAttempt) -> str:
        """Where the browser signs in."""
        ...

    async def redeem(self, code: str, attempt: SignInAttempt, *, issuer: str | None) -> str:
        """The identity token that the code stands for. It fits the attempt; its signature is not checked here.

        ``issuer``: who answered, where the browser brought that back. Raises SignInRefused.
        """
        ...

    async def sign_out_url(self) -> str | None:
        """Where the browser signs out of the provider; None where the provider has no such page."""
        ...

    async def keys_url(self) -> str:
        """Where the provider publishes the keys that sign its tokens."""
        ...
