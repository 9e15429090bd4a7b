"""What is recorded of each answer: a metric, a line in the log, and a span where the trace is kept.

All answers of one turn of the event loop are recorded together. Each runs code of three libraries. Between two
requests that code finds the caches of the processor cold, and costs several times as much.
"""

import asyncio
from contextvars import Context
from http import HTTPStatus
from typing import Final, NamedTuple

from domain.model.messaging.messages import RequestContext
from entrypoints.telemetry import traceparent as w3c
from entrypoints.telemetry.logs import log_together
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import Span

_NO_REQUEST: Final = Context()
"""The recording is about many requests: it must not run in the context of the first of them."""


class Answered(NamedTuple):
    """Route and status; never the query string, which may hold a code."""

    method: str
    route: str
    status: int
    """0 where no answer was sent."""
    seconds: float
    campaign_id: str | None
    request: RequestContext
    span: Span | None
    """Only where the trace is kept; it has ended."""


class AccessLog:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._waiting: list[Answered] = []

    def add(self, answered: Answered) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._record, context=_NO_REQUEST)
        self._waiting.append(answered)

    def _record(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._metrics.answered(one.method, one.route, one.status, one.seconds)
        log_together("http.answered", [_log_fields(one) for one in waiting])
        for one in waiting:
            if one.span:
                _trace(one, one.span)


def _log_fields(one: Answered) -> dict[str, object]:
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
    """End the span, with the attribute names of OpenTelemetry."""
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
