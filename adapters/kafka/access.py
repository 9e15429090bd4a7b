"""How to sign in to brokers. Files are read each time, so that what was rotated is used without a restart."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from aiokafka.abc import AbstractTokenProvider

from adapters.kafka.causes import Lasting, TokenUnavailable
from adapters.kafka.tokens import AccessTokens
from adapters.outgoing.breaker import NoAnswer

OAUTH: Final = "OAUTHBEARER"


class Access(Protocol):
    async def options(self) -> Mapping[str, Any]:
        """Arguments for aiokafka. Raises NoAnswer where a file or a token is missing."""

    def refused(self) -> None:
        """A broker did not accept the last options: ask for new ones where that is possible."""


class Plaintext:
    """No encryption, no user."""

    async def options(self) -> Mapping[str, Any]:
        return {}

    def refused(self) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """TLS 1.2 or later. ``ca`` replaces the authorities that the machine trusts; ``cert`` and ``key`` are of the
    client, the key perhaps in the certificate's file."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    async def options(self) -> Mapping[str, Any]:
        return {"security_protocol": "SSL", "ssl_context": self.context()}

    def refused(self) -> None:
        pass

    def context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key, password=_no_passphrase)
        except (OSError, ValueError):  # A rotation may be half done.
            raise Lasting("the certificate files cannot be read") from None
        return context


def _no_passphrase() -> str:
    """Without this, OpenSSL would ask the terminal."""
    raise ValueError("the key has a passphrase")


@dataclass(frozen=True, slots=True, kw_only=True)
class WithPassword:
    """SCRAM or PLAIN within TLS."""

    encrypted: Encrypted
    mechanism: str
    user: str
    password: str = field(default="", repr=False)
    password_file: Path | None = None
    """Instead of ``password``; a line feed at its end does not count."""

    async def options(self) -> Mapping[str, Any]:
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": self.encrypted.context(),
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.current_password(),
        }

    def refused(self) -> None:
        pass

    def current_password(self) -> str:
        if self.password_file is None:
            return self.password
        try:
            return self.password_file.read_text().rstrip("\r\n")
        except (OSError, ValueError):
            raise Lasting("the password file cannot be read") from None


class WithToken:
    """OAUTHBEARER within TLS."""

    def __init__(self, encrypted: Encrypted, tokens: AccessTokens) -> None:
        self._encrypted = encrypted
        self._tokens = tokens

    async def options(self) -> Mapping[str, Any]:
        await self._tokens.current()
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": self._encrypted.context(),
            "sasl_mechanism": OAUTH,
            "sasl_oauth_token_provider": _TokenProvider(self._tokens),
        }

    def refused(self) -> None:
        self._tokens.forget()


class _TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Is asked at each connection."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        try:
            return await self._tokens.current()
        except NoAnswer as error:
            raise TokenUnavailable(error) from None
