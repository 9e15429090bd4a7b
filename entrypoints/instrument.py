"""Traces for OpenTelemetry: exported when OTEL_… variables say where to, otherwise none are made.

Spans are made by hand and handed to the SDK's batch processor when they end. The SDK's own ``start_span`` costs
30 µs a span, a fifth of what reading an entry costs; this costs a quarter of that. Which traces are kept
(OTEL_TRACES_SAMPLER, else see READS_PER_TRACE), what the service is called (OTEL_SERVICE_NAME) and how they are
sent (OTEL_EXPORTER_OTLP_…, OTEL_BSP_…) is the SDK's to read. Exporting runs in a thread of its own: a collector
that is slow or gone loses spans, and nothing else.
"""

import asyncio
import os
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
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
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

from entrypoints import traceparent as w3c

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
    """Something under way. Nothing is kept of it unless it is sampled and ends."""

    __slots__ = ("_began", "_context", "_kind", "_parent", "_tracer", "traceparent")

    def __init__(self, tracer: "Tracer", kind: SpanKind, context: SpanContext, parent: SpanContext | None) -> None:
        self._tracer = tracer
        self._kind = kind
        self._context = context
        self._parent = parent
        self._began = time.time_ns()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    @property
    def kept(self) -> bool:
        """Is it worth saying anything of it?"""
        return bool(self._context.trace_flags)

    def end(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Named when it ends, since only then all is known."""
        if self.kept:
            self._tracer.export(
                ReadableSpan(
                    name,
                    self._context,
                    self._parent,
                    self._tracer.resource,
                    attributes,
                    kind=self._kind,
                    status=_FAILED if failed else _OK,
                    start_time=self._began,
                    end_time=time.time_ns(),
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
        self._ids = RandomIdGenerator()

    def begin(self, kind: SpanKind, parent: str | None, *, reads: bool = False) -> Span:
        """Under ``parent``, a valid traceparent; a trace of its own without one. ``reads``: it changes nothing."""
        above = _context_of(parent) if parent else None
        trace_id = above.trace_id if above else self._ids.generate_trace_id()
        flags = _SAMPLED if self._keeps(trace_id, kind, above, reads) else _NOT_SAMPLED
        return Span(self, kind, SpanContext(trace_id, self._ids.generate_span_id(), False, flags), above)

    def _keeps(self, trace_id: int, kind: SpanKind, above: SpanContext | None, reads: bool) -> bool:
        if self._sampler is None:
            return bool(above.trace_flags) if above else not reads or trace_id % READS_PER_TRACE == 0
        context = set_span_in_context(NonRecordingSpan(above)) if above else _NO_PARENT
        return self._sampler.should_sample(context, trace_id, "", kind).decision is Decision.RECORD_AND_SAMPLE

    def export(self, span: ReadableSpan) -> None:
        self._processor.on_end(span)


def _context_of(traceparent: str) -> SpanContext:
    flags = _SAMPLED if w3c.sampled(traceparent) else _NOT_SAMPLED
    trace_id, span_id = int(w3c.trace_id(traceparent), 16), int(w3c.span_id(traceparent), 16)
    return SpanContext(trace_id, span_id, True, flags)


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
