"""Traces for OpenTelemetry: exported when OTEL_… variables say where to, otherwise none are made.

Spans are made by hand and handed to the SDK's batch processor when they end. The SDK's own ``start_span`` costs
30 µs a span, a fifth of what reading an entry costs; this costs a quarter of that. Which traces are kept
(OTEL_TRACES_SAMPLER, else see READS_PER_TRACE), what the service is called (OTEL_SERVICE_NAME) and how they are
sent (OTEL_EXPORTER_OTLP_…, OTEL_BSP_…) is the SDK's to read. Exporting runs in a thread of its own: a collector
that is slow or gone loses spans, and nothing else.
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
"""Of what changes something every trace is kept, of what only reads one in ten, unless the caller or SAMPLER says
otherwise: what a span costs is most of what may be spent on watching a read."""
FLUSH_SECONDS: Final = 5.0
Attributes = Mapping[str, str | int | float | bool]

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_NOT_SAMPLED: Final = TraceFlags(TraceFlags.DEFAULT)
_NO_PARENT: Final = Context()
_OK: Final = Status()
_FAILED: Final = Status(StatusCode.ERROR)


class Span:
    """Something under way. Nothing is kept of it unless it is sampled and ends.

    Until then its ids are text, as they travel.
    """

    __slots__ = ("_began", "_ended", "_kind", "_parent", "_tracer", "kept", "traceparent")

    def __init__(self, tracer: "Tracer", kind: SpanKind, parent: str | None, trace_id: str, *, kept: bool) -> None:
        self._tracer = tracer
        self._kind = kind
        self._parent = parent
        self._began = time.time_ns()
        self._ended = 0
        self.traceparent = w3c.child(trace_id, sampled=kept)
        self.kept = kept
        """Is it worth saying anything of it?"""

    def stop(self) -> None:
        """It is over, though told of later."""
        self._ended = time.time_ns()

    def end(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Named when it ends, since only then all is known."""
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


class _Told(Resource):
    """What all spans of a process have in common. The exporter sorts spans by it; the SDK's own turns into JSON
    for that, for each span."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Tracer:
    def __init__(self, provider: TracerProvider, processor: SpanProcessor) -> None:
        self.resource = _Told(provider.resource.attributes)
        self.scope = InstrumentationScope(SERVICE)
        self._sampler = provider.sampler if SAMPLER in os.environ else None
        self._processor = processor

    def begin(self, kind: SpanKind, parent: str | None) -> Span:
        """Under ``parent``, a valid traceparent; a trace of its own without one."""
        trace_id = w3c.trace_id(parent) if parent else w3c.new_trace_id()
        return Span(self, kind, parent, trace_id, kept=self._keeps(trace_id, kind, parent))

    def begin_read(self, kind: SpanKind, parent: str | None) -> Span | None:
        """The same of what changes nothing; None where nothing would be kept of it, nor anything carry it on."""
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
    """Do the OTEL_… variables ask for traces? As OpenTelemetry defines them."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() not in {"", "otlp"}:
        return False
    return any(
        environment.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    )


@asynccontextmanager
async def tracing() -> AsyncIterator[Tracer | None]:
    """Traces for as long as the block lasts; what is still to be sent then is sent, within a few seconds.

    To be opened in the process that makes the spans: threads do not outlive a fork.
    """
    if not wanted(os.environ):
        yield None
        return
    processor = BatchSpanProcessor(OTLPSpanExporter())
    try:
        yield Tracer(TracerProvider(resource=_resource(), shutdown_on_exit=False), processor)
    finally:
        # A daemon: with a collector that does not answer it may take longer than we do.
        last = threading.Thread(target=processor.shutdown, daemon=True)
        last.start()
        await asyncio.to_thread(last.join, FLUSH_SECONDS)


def _resource() -> Resource:
    """With the name that the variables give, else ours."""
    found = Resource.create()
    named = not str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found if named else found.merge(Resource({SERVICE_NAME: SERVICE}))
