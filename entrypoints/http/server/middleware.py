"""What every answer gets, 404, 405 and 500 included: a request id, headers, a line in the log, a metric.

A plain ASGI wrapper outside the framework: the middleware of the framework never sees a request without a route.
"""

import random
import re
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from domain.model.ids import is_campaign_id
from domain.model.messaging.messages import RequestContext
from entrypoints.http.response.problems import MEDIA_TYPE, Problem, internal, not_found
from entrypoints.http.server.access_log import AccessLog, Answered
from entrypoints.http.server.routes import UNMATCHED, Route, Routes, path_of
from entrypoints.http.server.unread_body import Body
from entrypoints.telemetry import traceparent as w3c
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import Span, Tracer
from ports.system import set_current_request

REQUEST_ID: Final = b"x-request-id"
TRACEPARENT: Final = w3c.HEADER.encode()
SET_COOKIE: Final = b"set-cookie"
"""The only header that an answer may have several times."""
_SCOPE_KEY: Final = "fangate.request_id"
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9_.:-]{1,128}")
LONGEST_PATH: Final = 2_048
"""No path of the service is longer. The framework remembers a thousand paths of any length."""
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
_DEFAULT_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)

_OF_CONTENT: Final = frozenset({b"content-type", b"content-length"})

log = structlog.get_logger()


class RequestMiddleware:
    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Routes) -> None:
        self._app = app
        self._access_log = AccessLog(metrics)
        self._routes = routes
        self.tracer: Tracer | None = None
        """Set when the server has started, if traces are configured."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        scope["path"] = path_of(scope)
        route = self._routes.find(scope)
        exchange = _Exchange(scope, receive, send, access_log=self._access_log, route=route, tracer=self.tracer)
        await exchange.run(self._app)


class _Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Any,
        receive: Receive,
        send: Send,
        *,
        access_log: AccessLog,
        route: Route,
        tracer: Tracer | None,
    ) -> None:
        self._scope = scope
        self._body = Body(scope, receive)
        self._send = send
        self._access_log = access_log
        self._route = route
        self._status = 0
        self._began = time.perf_counter()
        self._id, traceparent = _named(scope["headers"])
        scope[_SCOPE_KEY] = self._id.decode()
        self._span = _begin(tracer, scope["method"], traceparent) if tracer else None
        self._request = RequestContext(
            request_id=scope[_SCOPE_KEY],
            traceparent=self._span.traceparent if self._span else traceparent,
        )
        set_current_request(self._request)

    async def run(self, app: ASGIApp) -> None:
        try:
            if len(self._scope["path"]) > LONGEST_PATH:
                await self._answer(not_found())
            else:
                await app(self._scope, self._body.receive, self._pass_on)
        except Problem as problem:  # The application was not reached.
            await self._answer(problem)
        except Exception:
            log.exception("http.crashed")
            if self._status:
                raise  # Half an answer is sent: only a closed connection shows that the rest is missing.
            await self._answer(internal())
        finally:
            self._record()

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._body.drain()
            self._body.answering = True
            self._status = message["status"]
            message["headers"] = self._with_defaults(list(message.get("headers", ())))
        await self._send(message)

    def _with_defaults(self, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Cache-Control and policies of a handler replace the defaults; ``Allow`` always comes from the routes."""
        if {name for name, _ in headers} <= _OF_CONTENT:  # Nothing to replace, as in nearly every answer.
            return [*_DEFAULT_HEADERS, *headers, *_HEADERS, (REQUEST_ID, self._id)]
        cookies = [(name, value) for name, value in headers if name == SET_COOKIE]
        from_handler = {name.lower(): value for name, value in headers if name != SET_COOKIE}
        if b"allow" in from_handler and self._route is not UNMATCHED:
            from_handler[b"allow"] = self._route.methods.encode()
        merged = dict(_DEFAULT_HEADERS) | from_handler | dict(_HEADERS) | {REQUEST_ID: self._id}
        return [*merged.items(), *cookies]

    async def _answer(self, problem: Problem) -> None:
        body = problem.body(self._id.decode())
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        await self._pass_on({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self._pass_on({"type": "http.response.body", "body": body, "more_body": False})

    def _record(self) -> None:
        seconds = time.perf_counter() - self._began
        span = self._span if self._span and self._span.kept else None
        if span:
            span.stop()
        self._access_log.add(
            Answered(
                method=self._scope["method"] if self._scope["method"] in _KNOWN_METHODS else "other",
                route=self._route.template,
                status=self._status,
                seconds=seconds,
                campaign_id=_campaign(self._scope),
                request=self._request,
                span=span,
            )
        )


def _begin(tracer: Tracer, method: str, traceparent: str | None) -> Span | None:
    begin = tracer.begin_read if method in {"GET", "HEAD"} else tracer.begin
    return begin(SpanKind.SERVER, traceparent)


def request_id_of(scope: Any) -> str:
    """The id that the middleware gave this request."""
    return str(scope[_SCOPE_KEY])


def _named(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, str | None]:
    """The id of the request, from the caller if it is well-formed; and the trace that the request names."""
    id, traceparent = b"", None
    for name, value in headers:
        if name == REQUEST_ID and _SANE_ID.fullmatch(value):
            id = bytes(value)
        elif name == TRACEPARENT:
            traceparent = w3c.valid(value.decode("latin-1"))
    return id or new_request_id().encode(), traceparent


def request_id_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's, if it is well-formed; otherwise a new one."""
    return _named(headers)[0].decode()


def new_request_id() -> str:
    """No secret. The operating system's random source takes longer than all else here."""
    return random.randbytes(16).hex()


def _campaign(scope: Any) -> str | None:
    """Only a well-formed id: a caller can put anything in its place, even a code."""
    text = (scope.get("path_params") or {}).get("campaignId", "")
    return text if is_campaign_id(text) else None
