"""What every answer gets, 404, 405 and 500 included: a request id, headers, a line in the log, a metric.

A plain ASGI wrapper outside the framework, whose own middleware never sees a request without a route.
"""

import re
import time
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from domain.model.events import Origin
from domain.model.ids import is_campaign_id
from entrypoints import traceparent as w3c
from entrypoints.http.body import Body
from entrypoints.http.problems import MEDIA_TYPE, internal
from entrypoints.http.routes import UNMATCHED, Route, Routes
from entrypoints.instrument import Span, Tracer
from entrypoints.metrics import Metrics
from entrypoints.origin import set_origin

REQUEST_ID: Final = b"x-request-id"
TRACEPARENT: Final = w3c.HEADER.encode()
_SCOPE_KEY: Final = "fangate.request_id"
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9_.:-]{1,128}")
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
_DEFAULT_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)

log = structlog.get_logger()


class Envelope:
    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Routes) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes
        self.tracer: Tracer | None = None
        """Once the server has started, if traces are wanted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        route = self._routes.of(scope["path"])
        exchange = _Exchange(scope, receive, send, metrics=self._metrics, route=route, tracer=self.tracer)
        await exchange.run(self._app)


class _Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Any,
        receive: Receive,
        send: Send,
        *,
        metrics: Metrics,
        route: Route,
        tracer: Tracer | None,
    ) -> None:
        self._scope = scope
        self._body = Body(scope, receive)
        self._send = send
        self._metrics = metrics
        self._route = route
        self._status = 0
        self._began = time.perf_counter()
        self._id, traceparent = _named(scope)
        scope[_SCOPE_KEY] = self._id.decode()
        self._span = _begin(tracer, scope["method"], traceparent) if tracer else None
        set_origin(
            Origin(
                request_id=scope[_SCOPE_KEY],
                traceparent=self._span.traceparent if self._span else traceparent,
            )
        )

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._body.receive, self._pass_on)
        except Exception:
            log.exception("http.crashed")
            if self._status:
                raise  # Half an answer is out: only cutting the connection tells the caller.
            await self._answer_500()
        finally:
            self._note()

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._body.drain()
            self._status = message["status"]
            message["headers"] = self._with_ours(message.get("headers", ()))
        await self._send(message)

    def _with_ours(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """A handler's own Cache-Control and policy win over ours; what it allows is ours to say."""
        theirs = {name.lower(): value for name, value in headers}
        if b"allow" in theirs and self._route is not UNMATCHED:
            theirs[b"allow"] = self._route.methods.encode()
        return list((dict(_DEFAULT_HEADERS) | theirs | dict(_HEADERS) | {REQUEST_ID: self._id}).items())

    async def _answer_500(self) -> None:
        body = internal().body(self._id.decode())
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await self._pass_on({"type": "http.response.start", "status": 500, "headers": headers})
        await self._pass_on({"type": "http.response.body", "body": body, "more_body": False})

    def _note(self) -> None:
        """Route and status; never the query string, which may hold a code."""
        seconds = time.perf_counter() - self._began
        method = self._scope["method"] if self._scope["method"] in _KNOWN_METHODS else "other"
        self._metrics.answered(method, self._route.template, self._status, seconds)
        log.info(
            "http.answered",
            method=method,
            route=self._route.template,
            status=self._status,
            ms=round(seconds * 1000, 2),
            **_campaign(self._scope),
        )
        if self._span and self._span.kept:
            self._trace(self._span, method)

    def _trace(self, span: Span, method: str) -> None:
        """As OpenTelemetry names it; a status of 0 is no answer."""
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": self._route.template,
            "http.response.status_code": self._status,
            "fangate.request_id": self._scope[_SCOPE_KEY],
            **_campaign(self._scope),
        }
        failed = not 0 < self._status < HTTPStatus.INTERNAL_SERVER_ERROR
        span.end(f"{method} {self._route.template}", attributes, failed=failed)


def _begin(tracer: Tracer, method: str, traceparent: str | None) -> Span:
    return tracer.begin(SpanKind.SERVER, traceparent, reads=method in {"GET", "HEAD"})


def request_id_of(scope: Any) -> str:
    """The id that the envelope gave this request."""
    return str(scope[_SCOPE_KEY])


def _named(scope: Any) -> tuple[bytes, str | None]:
    """The request's id, the caller's if it is sane; and the trace it belongs to, if it says so."""
    id, traceparent = b"", None
    for name, value in scope["headers"]:
        if name == REQUEST_ID and _SANE_ID.fullmatch(value):
            id = bytes(value)
        elif name == TRACEPARENT:
            traceparent = w3c.valid(value.decode("latin-1"))
    return id or new_request_id().encode(), traceparent


def new_request_id() -> str:
    return uuid.uuid4().hex


def _campaign(scope: Any) -> Mapping[str, str]:
    """Only what is a campaign's id: in its place may stand anything, a code too."""
    text = (scope.get("path_params") or {}).get("campaignId", "")
    return {"campaign_id": text} if is_campaign_id(text) else {}
