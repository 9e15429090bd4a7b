"""Traces for OpenTelemetry. Without OTEL_… variables that name a collector, none are made.

Spans are made by hand and given to the SDK's batch processor when they end. The SDK's own ``start_span`` takes 30
µs, a fifth of the time to read an entry; this takes a quarter of that. The SDK reads the variables: which traces
are kept (OTEL_TRACES_SAMPLER, else READS_PER_TRACE), the name of the service (OTEL_SERVICE_NAME) and the export
(OTEL_EXPORTER_OTLP_…, OTEL_BSP_…). A thread of its own exports: when the collector is slow or away, only spans are
lost.
"""

import asyncio
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from entrypoints.telemetry import traceparent as w3c

SERVICE: Final = "fangate"
SAMPLER: Final = "OTEL_TRACES_SAMPLER"
READS_PER_TRACE: Final = 10
"""Every trace of a change is kept, and one in ten of reads, unless the caller or SAMPLER says otherwise: a span
takes most of the time that telemetry may add to a read."""
FLUSH_SECONDS: Final = 5.0
Attributes = Mapping[str, str | int | float | bool]

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_NOT_SAMPLED: Final = TraceFlags(TraceFlags.DEFAULT)
_NO_PARENT: Final = Context()
_OK: Final = Status()
_FAILED: Final = Status(StatusCode.ERROR)


class Span:
    """Work in progress. It is exported when it ends, if it is sampled. Until then its ids are the text of the
    header."""

    __slots__ = ("_began", "_ended", "_kind", "_parent", "_tracer", "kept", "traceparent")

    def __init__(self, tracer: "Tracer", kind: SpanKind, parent: str | None, trace_id: str, *, kept: bool) -> None:
        self._tracer = tracer
        self._kind = kind
        self._parent = parent
        self._began = time.time_ns()
        self._ended = 0
        self.traceparent = w3c.child(trace_id, sampled=kept)
        self.kept = kept
        """Whether the span is exported."""

    def stop(self) -> None:
        """The work is over; ``end`` is called later."""
        self._ended = time.time_ns()

    def end(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Export the span. Its name and attributes are known only at the end."""
        if self.kept:
            self._tracer.export(
                ReadableSpan(
                    name,
                    _context_of(self.traceparent, remote=False),
                    _context_of(self._parent, remote=True) if self._parent else None,
                    self._tracer.resource,
                    attributes,
                    kind=self._kind,
                    status=_FAILED if failed else _OK,
                    start_time=self._began,
                    end_time=self._ended or time.time_ns(),
                    instrumentation_scope=self._tracer.scope,
                )
            )


class SharedResource(Resource):
    """The attributes that all spans of a process share. There is only one, so identity is equality.

    A subclass, because the exporter hashes the resource of each span, and the SDK's hash makes JSON of it: 17 µs,
    as long as encoding the span. Were ``Resource`` to change, this could go: nothing else depends on it.
    """

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Tracer:
    def __init__(self, provider: TracerProvider, processor: SpanProcessor) -> None:
        self.resource = SharedResource(provider.resource.attributes)
        self.scope = InstrumentationScope(SERVICE)
        self._sampler = provider.sampler if SAMPLER in os.environ else None
        self._processor = processor

    def begin(self, kind: SpanKind, parent: str | None) -> Span:
        """A span under ``parent``, a valid traceparent; without one, of a new trace."""
        trace_id = w3c.trace_id(parent) if parent else w3c.new_trace_id()
        return Span(self, kind, parent, trace_id, kept=self._keeps(trace_id, kind, parent))

    def begin_read(self, kind: SpanKind, parent: str | None) -> Span | None:
        """A span of a read; None if it would not be exported and no other process continues its trace."""
        unasked = self._sampler is None and parent is None
        return None if unasked and random.random() * READS_PER_TRACE > 1 else self.begin(kind, parent)

    def _keeps(self, trace_id: str, kind: SpanKind, parent: str | None) -> bool:
        if self._sampler is None:
            return w3c.sampled(parent) if parent else True
        above = NonRecordingSpan(_context_of(parent, remote=True)) if parent else None
        context = set_span_in_context(above) if above else _NO_PARENT
        decision = self._sampler.should_sample(context, int(trace_id, 16), "", kind).decision
        return decision is Decision.RECORD_AND_SAMPLE

    def export(self, span: ReadableSpan) -> None:
        self._processor.on_end(span)


def _context_of(traceparent: str, *, remote: bool) -> SpanContext:
    flags = _SAMPLED if w3c.sampled(traceparent) else _NOT_SAMPLED
    trace_id, span_id = int(w3c.trace_id(traceparent), 16), int(w3c.span_id(traceparent), 16)
    return SpanContext(trace_id, span_id, remote, flags)


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether the OTEL_… variables ask for traces, as OpenTelemetry defines them."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() not in {"", "otlp"}:
        return False
    return any(
        environment.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    )


@asynccontextmanager
async def tracing() -> AsyncIterator[Tracer | None]:
    """Traces while the block lasts. At the end, the spans that wait are sent, within a few seconds.

    Open it in the process that makes the spans: threads do not survive a fork.
    """
    if not wanted(os.environ):
        yield None
        return
    processor = BatchSpanProcessor(OTLPSpanExporter())
    try:
        yield Tracer(TracerProvider(resource=_resource(), shutdown_on_exit=False), processor)
    finally:
        # A daemon thread: a collector that does not answer must not delay the end of the process.
        last = threading.Thread(target=processor.shutdown, daemon=True)
        last.start()
        await asyncio.to_thread(last.join, FLUSH_SECONDS)


def _resource() -> Resource:
    """With the name from the variables, else Fangate's."""
    found = Resource.create()
    named = not str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found if named else found.merge(Resource({SERVICE_NAME: SERVICE}))
