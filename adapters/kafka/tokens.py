"""Access tokens for OAUTHBEARER: OAuth 2, client credentials (RFC 6749, section 4.4)."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote_plus

import msgspec

from adapters.kafka.causes import Lasting
from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import CircuitOpen, NoAnswer
from adapters.outgoing.http import HttpNeighbour

TOKEN_SECONDS: Final = 5.0
"""How long the endpoint may take."""
EARLY_SHARE: Final = 0.2
EARLY_SECONDS: Final = 60.0
"""A token is replaced when a fifth of its life is left, at most a minute."""
_REFUSED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class _Token(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[float, msgspec.Meta(gt=0)] = 0
    """Seconds. A token that does not say so is used for one connection."""


_TOKEN: Final = msgspec.json.Decoder(_Token)


class AccessTokens:
    """One token for all connections, for as long as it is good."""

    def __init__(
        self,
        endpoint: HttpNeighbour,
        *,
        client_id: str,
        client_secret: Callable[[], str],
        scope: str = "",
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._client_id = client_id
        self._client_secret = client_secret
        self._fields = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    async def current(self) -> str:
        """Raises NoAnswer."""
        async with self._asking:
            if self._token is None or self._seconds() >= self._good_until:
                self._token = await self._ask()
            return self._token

    def forget(self) -> None:
        """A broker refused it."""
        self._token = None

    async def _ask(self) -> str:
        try:
            answer = await self._endpoint.post_form(self._fields, headers={"Authorization": self._basic()})
            token = _checked(answer).read(_TOKEN)
        except (Lasting, CircuitOpen):
            raise
        except NoAnswer as error:  # The relay asks again soon enough.
            raise Lasting(f"no answer from the token endpoint: {error.reason}") from None
        early = min(token.expires_in * EARLY_SHARE, EARLY_SECONDS)
        self._good_until = self._seconds() + token.expires_in - early
        return token.access_token

    def _basic(self) -> str:
        """RFC 6749, section 2.3.1: both are encoded as in a form first."""
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret())}"
        return f"Basic {b64encode(pair.encode()).decode()}"


def _checked(answer: Answer) -> Answer:
    if answer.status in _REFUSED:
        raise Lasting(f"the token endpoint refused the client: status {answer.status}")
    return answer
