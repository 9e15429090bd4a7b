"""Access tokens of Salesforce Marketing Cloud: client credentials, OAuth 2."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from adapters.outgoing.http import HttpNeighbour
from adapters.sfmc.answers import Misconfigured

PATH: Final = "/v2/token"
EARLY_SECONDS: Final = 60.0
"""A token is replaced this long before its end, so that it does not end during a request."""
_REFUSED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class _Token(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    expires_in: Annotated[float, msgspec.Meta(gt=0)]


_TOKEN: Final = msgspec.json.Decoder(_Token)


class AccessTokens:
    """One token for all requests, until it ends. When several requests wait for a new token, it is requested
    once."""

    def __init__(
        self,
        service: HttpNeighbour,
        *,
        client_id: str,
        client_secret: str,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._expires_at = 0.0

    async def current(self) -> str:
        """Raises NoAnswer."""
        async with self._lock:
            if self._token is None or self._seconds() >= self._expires_at:
                self._token = await self._ask()
            return self._token

    def forget(self, token: str) -> None:
        """Remove a token that was refused. A newer token stays."""
        if self._token == token:
            self._token = None

    async def _ask(self) -> str:
        answer = await self._service.post(self._credentials, path=PATH)
        if answer.status in _REFUSED:
            raise Misconfigured(f"token refused: status {answer.status}")
        token = answer.read(_TOKEN)
        self._expires_at = self._seconds() + max(token.expires_in - EARLY_SECONDS, token.expires_in / 2)
        return token.access_token
