"""Asking a neighbour over HTTP.

This package is the one that other adapters may share: it knows HTTP and patience, and no neighbour. So the
time-outs, the retries and the breaker are written and tested once, while no adapter knows another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
import stamina
import structlog
from yarl import URL

from adapters.outgoing.breaker import Breaker, CircuitOpen, NoAnswer
from domain.model.errors import Unavailable
from domain.model.messaging.messages import RequestContext
from ports.system import current_request

T = TypeVar("T")

MAX_BODY_BYTES: Final = 1_048_576
MAX_CONNECTIONS: Final = 100
KEEP_ALIVE_SECONDS: Final = 4.0
"""Below the five seconds after which many servers hang up on an idle connection."""
_PASSING_STATUSES: Final = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_DOTS: Final = {".", ".."}


class _Passing(NoAnswer):
    """The next try may well succeed: a connection that broke, a gateway without its server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a neighbour said; it was not the neighbour's own failure (5xx)."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By any spelling of their names."""

    @property
    def ok(self) -> bool:
        return HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def content(self) -> bytes:
        """The body of a 200. Raises NoAnswer for anything else."""
        if self.status != HTTPStatus.OK:
            raise NoAnswer(f"status {self.status}")
        return self.body

    def read(self, decoder: "msgspec.json.Decoder[T]") -> T:
        """The body of a 200. Raises NoAnswer for anything else."""
        return decoded(decoder, self.content)


def decoded(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """``body`` as the decoder's type. Raises NoAnswer, whose reason names places and types, never values."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise NoAnswer(f"rubbish: {_place_of(error)}") from None
    except (ValueError, RecursionError):
        raise NoAnswer("rubbish: not JSON") from None


def _place_of(error: msgspec.ValidationError) -> str:
    """msgspec quotes a value only where it is none of an enumeration's."""
    text = str(error)
    return text if not text.startswith("Invalid enum value") else "unknown value" + text[text.rfind(" - at ") :]


def log_no_answer(part: str, error: NoAnswer) -> None:
    """Log why ``part`` is not available. That a circuit is open is logged when it opens, not each time."""
    if not isinstance(error, CircuitOpen):
        structlog.get_logger().warning("neighbour.no_answer", part=part, reason=error.reason)


def unavailable(part: str, error: NoAnswer) -> Unavailable:
    """For those who must raise."""
    log_no_answer(part, error)
    return Unavailable(part)


class HttpNeighbour:
    """One neighbour: its address, how long it may take in all, and whether it is worth asking at present.

    A failure is no answer, a late one or a 5xx; every other answer shows that the neighbour lives, so that one
    record nobody can read does not make all the others unavailable.
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
        """Raises NoAnswer. More ``attempts`` than one are for failures that pass, within the same time."""
        if not _DOTS.isdisjoint(segments):  # Whoever is called ``..`` would lead the path astray.
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
        """Asked once only: what is not safe to repeat is not repeated. Raises NoAnswer.

        ``check`` raises it too, for an answer that is to count as a failure of the neighbour.
        """
        url = self._url.rstrip("/") + path if path else self._url
        try:
            content = msgspec.json.encode(body)
        except ValueError:  # Text that is no Unicode; the error would quote it.
            raise NoAnswer("not to be encoded") from None
        sent = {"Content-Type": "application/json", **(headers or {})}
        return await self._ask("POST", url, 1, check, data=content, headers=sent)

    async def _ask(
        self, method: str, url: str, attempts: int, check: Callable[[Answer], None] | None = None, **request: Any
    ) -> Answer:
        with self._breaker.watch():
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await self._try(method, url, attempts, **request)
            except TimeoutError:
                raise NoAnswer("too late") from None
            if check is not None:
                check(answer)
            return answer

    async def _try(self, method: str, url: str, attempts: int, **request: Any) -> Answer:
        if attempts == 1:
            return await self._once(method, url, **request)
        retries = stamina.retry_context(
            on=_Passing, attempts=attempts, timeout=None, wait_initial=0.02, wait_max=0.2, wait_jitter=0.1
        )
        async for attempt in retries:
            with attempt:
                return await self._once(method, url, **request)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, url: str, **request: Any) -> Answer:
        # The library's errors hold the request, and with it what was sent: they end here.
        headers = _request_headers(current_request()) | dict(request.pop("headers", {}))
        try:
            async with self._session.request(
                method, URL(url, encoded=True), allow_redirects=False, headers=headers, **request
            ) as response:
                answer = Answer(response.status, await _body(response), response.headers)
        except aiohttp.ServerDisconnectedError as error:
            # A connection that was kept had been closed: the library has tried again where that is safe.
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
    """So that what a neighbour does can be followed from the request that it is done for."""
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
    """Connections that are kept; no cookies, and no limit of time but the one set around each question."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "fangate", "Accept": "application/json"},
    ) as session:
        yield session


@asynccontextmanager
async def http_neighbour(url: str, *, part: str, seconds: float) -> AsyncIterator[HttpNeighbour]:
    """Each neighbour has connections of its own, so that a slow one cannot use up those of the others."""
    async with http_session() as session:
        yield HttpNeighbour(session, url, part=part, seconds=seconds)
