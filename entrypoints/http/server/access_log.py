"""What is told of each answer: a metric, a line in the log, and, of a trace that is kept, a span.

All answers of one turn of the event loop are told of together: the code of three libraries is run for each, and
done alone, between two requests, it finds the processor's caches cold and costs several times as much.
"""

import asyncio
from contextvars import Context
from http import HTTPStatus
from typing import Final, NamedTuple

import structlog

from domain.model.messaging.messages import RequestContext
from entrypoints.telemetry import traceparent as w3c
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import Span

_NOBODY: Final = Context()
"""What is told is of many requests, and not on behalf of the one that happens to be first."""

log = structlog.get_logger()


class Answered(NamedTuple):
    """Route and status; never the query string, which may hold a code."""

    method: str
    route: str
    status: int
    """0 is no answer."""
    seconds: float
    campaign_id: str | None
    request: RequestContext
    span: Span | None
    """Of a trace that is kept; its time is over."""


class AccessLog:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._untold: list[Answered] = []

    def add(self, answered: Answered) -> None:
        if not self._untold:
            asyncio.get_running_loop().call_soon(self._tell, context=_NOBODY)
        self._untold.append(answered)

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        for one in untold:
            self._metrics.answered(one.method, one.route, one.status, one.seconds)
        info = log.info
        for one in untold:
            info("http.answered", **_told(one))
        for one in untold:
            if one.span:
                _trace(one, one.span)


def _told(one: Answered) -> dict[str, object]:
    return {
        "method": one.method,
        "route": one.route,
        "status": one.status,
        "ms": round(one.seconds * 1000, 2),
        "request_id": one.request.request_id,
        **_trace_id(one.request),
        **_campaign(one),
    }


def _trace(one: Answered, span: Span) -> None:
    """As OpenTelemetry names it."""
    attributes: dict[str, str | int] = {
        "http.request.method": one.method,
        "http.route": one.route,
        "http.response.status_code": one.status,
        "fangate.request_id": one.request.request_id or "",
        **_campaign(one),
    }
    failed = not 0 < one.status < HTTPStatus.INTERNAL_SERVER_ERROR
    span.end(f"{one.method} {one.route}", attributes, failed=failed)


def _trace_id(request: RequestContext) -> dict[str, str]:
    return {"trace_id": w3c.trace_id(request.traceparent)} if request.traceparent else {}


def _campaign(one: Answered) -> dict[str, str]:
    return {"campaign_id": one.campaign_id} if one.campaign_id else {}
