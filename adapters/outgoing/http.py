"""HTTP requests to neighbours.

All adapters may use this package. It has the time-outs, the retries and the circuit breaker, and knows no
particular neighbour. So these are written and tested once, and no other adapter depends on another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
import stamina
import structlog
from yarl import URL

from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import Breaker, CircuitOpen, NoAnswer
from domain.model.errors import Unavailable
from domain.model.messaging.messages import RequestContext
from ports.system import current_request

MAX_BODY_BYTES: Final = 1_048_576
MAX_CONNECTIONS: Final = 100
KEEP_ALIVE_SECONDS: Final = 4.0
"""Many servers close an idle connection after five seconds. We close it earlier."""
_PASSING_STATUSES: Final = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_DOTS: Final = {".", ".."}


class _Passing(NoAnswer):
    """A failure that may pass soon: a broken connection, a gateway without its server."""


def log_no_answer(part: str, error: NoAnswer) -> None:
    """Log why ``part`` is not available. An open circuit is logged when it opens, not for each request."""
    if not isinstance(error, CircuitOpen):
        structlog.get_logger().warning("neighbour.no_answer", part=part, reason=error.reason)


def unavailable(part: str, error: NoAnswer) -> Unavailable:
    """Log the error, and return Unavailable for the caller to raise."""
    log_no_answer(part, error)
    return Unavailable(part)


class HttpNeighbour:
    """One neighbour: its address, the time-out for a whole request, and its circuit breaker.

    A missing or late answer and a 5xx count as failures. Every other answer shows that the neighbour is up. So one
    record that cannot be decoded does not make the other records unavailable.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        part: str,
        seconds: float,
        breaker: Breaker | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._part = part
        self._seconds = seconds
        self._breaker = breaker or Breaker(part)

    async def get(self, *segments: str, params: Mapping[str, str] | None = None, attempts: int = 1) -> Answer:
        """Raises NoAnswer. ``attempts`` above one repeat failures that may pass, within the same time-out."""
        if not _DOTS.isdisjoint(segments):  # A segment ``..`` would change the path.
            return Answer(HTTPStatus.NOT_FOUND, b"")
        path = "".join(f"/{quote(segment, safe='')}" for segment in segments)
        return await self._ask("GET", self._url.rstrip("/") + path, attempts, params=params)

    async def post(
        self,
        body: object,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        check: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Send one request, without retries, because a repeat may not be safe. Raises NoAnswer.

        ``check`` may raise NoAnswer for an answer that counts as a failure of the neighbour.
        """
        url = self._url.rstrip("/") + path if path else self._url
        try:
            content = msgspec.json.encode(body)
        except ValueError:  # The text is not valid Unicode. The error would quote it.
            raise NoAnswer("cannot be encoded") from None
        sent = {"Content-Type": "application/json", **(headers or {})}
        return await self._ask("POST", url, 1, check, data=content, headers=sent)

    async def post_form(self, fields: Mapping[str, str], *, headers: Mapping[str, str]) -> Answer:
        """As OAuth asks for tokens. Raises NoAnswer."""
        return await self._ask("POST", self._url, 1, data=fields, headers=headers)

    async def _ask(
        self, method: str, url: str, attempts: int, check: Callable[[Answer], None] | None = None, **request: Any
    ) -> Answer:
        with self._breaker.watch():
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await self._try(method, url, attempts, **request)
            except TimeoutError:
                raise NoAnswer("timed out") from None
            if check is not None:
                check(answer)
            return answer

    async def _try(self, method: str, url: str, attempts: int, **request: Any) -> Answer:
        try:
            return await self._once(method, url, **request)
        except _Passing as error:
            if attempts == 1:
                raise
            failure: _Passing | None = error
        # Preparing retries takes a fifth of the time of a request. So they are prepared after the first failure,
        # which counts as their first attempt.
        retries = stamina.retry_context(
            on=_Passing, attempts=attempts, timeout=None, wait_initial=0.02, wait_max=0.2, wait_jitter=0.1
        )
        async for attempt in retries:
            with attempt:
                if failure is not None:
                    first, failure = failure, None
                    raise first
                return await self._once(method, url, **request)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, url: str, **request: Any) -> Answer:
        # The errors of aiohttp contain the request with its data, so they do not leave this method.
        headers = _request_headers(current_request()) | dict(request.pop("headers", {}))
        try:
            async with self._session.request(
                method, URL(url, encoded=True), allow_redirects=False, headers=headers, **request
            ) as response:
                answer = Answer(response.status, await _body(response), response.headers)
        except aiohttp.ServerDisconnectedError as error:
            # The server had closed a kept connection. The library has already tried again if that is safe.
            raise NoAnswer(type(error).__name__) from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise _Passing(type(error).__name__) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from None
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = _Passing if answer.status in _PASSING_STATUSES else NoAnswer
            raise kind(f"status {answer.status}")
        return answer


def _request_headers(request: RequestContext) -> dict[str, str]:
    """Request id and trace context, so that the neighbour's logs can be connected with our request."""
    headers = {"X-Request-Id": request.request_id, "traceparent": request.traceparent}
    return {name: value for name, value in headers.items() if value is not None}


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise NoAnswer("too long")
    return bytes(body)


@asynccontextmanager
async def http_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session with kept connections, without cookies. Its only time-out is the one of each request."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "fangate", "Accept": "application/json"},
    ) as session:
        yield session


@asynccontextmanager
async def http_neighbour(url: str, *, part: str, seconds: float) -> AsyncIterator[HttpNeighbour]:
    """Each neighbour has its own connections, so that a slow one cannot use up the connections of the others."""
    async with http_session() as session:
        yield HttpNeighbour(session, url, part=part, seconds=seconds)
