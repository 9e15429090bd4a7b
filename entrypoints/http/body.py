"""What is left of a request's body when the answer is ready."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from litestar.types import Receive

DRAIN_BYTES: Final = 64 * 1024 * 1024
DRAIN_SECONDS: Final = 10.0


class Body:
    """Reads a request's body, and knows how much of it is still to come."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        headers = {name: value.lower() for name, value in scope["headers"]}
        self._receive = receive
        self._more = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self._awaits_leave = headers.get(b"expect") == b"100-continue"
        self._closes = scope["http_version"] == "1.0" or headers.get(b"connection") == b"close"

    async def receive(self) -> Any:
        message = await self._receive()
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        self._awaits_leave = False
        return message

    async def drain(self) -> None:
        """Read, and throw away, what the caller is still sending on a connection that the answer will close.

        Closing it with bytes unread would reset it, and the answer (413, above all) would be lost on its way.
        On a connection that stays open the server does this itself; a caller who waits to be told to go on
        is not sending.
        """
        if not self._closes or self._awaits_leave:
            return
        drained = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._more and drained < DRAIN_BYTES:
                    drained += len((await self.receive()).get("body", b""))
