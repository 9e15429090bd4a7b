"""The rest of a request's body when the answer is ready."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from litestar.types import Receive

from entrypoints.http.response.problems import Problem

DRAIN_BYTES: Final = 64 * 1024 * 1024
DRAIN_SECONDS: Final = 10.0
_REFUSAL: Final = "fangate.body_refused"
_OF_BODY: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"connection"})
"""The headers that say if a body comes, and if the connection stays."""


def refuse_body(scope: Any, problem: Problem) -> None:
    """The next reader of the request's body gets ``problem`` instead of more of it."""
    scope[_REFUSAL] = problem


class Body:
    """Reads a request's body, and knows how much of it is still to come."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        self._scope = scope
        self.answering = False
        headers = {name: value.lower() for name, value in scope["headers"] if name in _OF_BODY}
        self._receive = receive
        self._more = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self._awaits_leave = headers.get(b"expect") == b"100-continue"
        self._closes = scope["http_version"] == "1.0" or headers.get(b"connection") == b"close"

    async def receive(self) -> Any:
        """Raises Problem for a body that was refused on its way.

        Once the answer has begun, it returns only when the caller has left. The framework waits for that while it
        streams, and would recurse once for each piece of the body.
        """
        message = await self._next()
        while self.answering and message["type"] == "http.request":
            message = await self._next()
        if _REFUSAL in self._scope:
            raise self._scope[_REFUSAL]
        return message

    async def _next(self) -> Any:
        message = await self._receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
        self._more = more and _REFUSAL not in self._scope
        self._awaits_leave = False
        return message

    async def drain(self) -> None:
        """Read and drop what the caller still sends on a connection that the answer will close.

        Closing it with bytes unread would reset it, and the answer (413, above all) would be lost on its way.
        On a connection that stays open the server does this itself; a caller that
        waits for "100 Continue" sends nothing.
        """
        if not self._closes or self._awaits_leave or _REFUSAL in self._scope:
            return
        drained = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._more and drained < DRAIN_BYTES:
                    drained += len((await self._next()).get("body", b""))
