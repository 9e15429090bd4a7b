"""A collector of traces: takes OTLP over HTTP, and shows the spans that it received."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.servers.neighbours import Neighbour, Reply, neighbour


@dataclass(frozen=True, slots=True)
class Spanned:
    """A span as it arrived."""

    name: str
    kind: int
    service: str
    trace_id: str
    span_id: str
    parent: str
    """Empty for the first of a trace."""
    failed: bool
    attributes: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Collector:
    server: Neighbour

    @property
    def settings(self) -> dict[str, str]:
        """The settings that make a process export to this collector, with short waits for a full batch."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.server.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}

    @property
    def text(self) -> str:
        """Everything that arrived, undecoded."""
        return "".join(request.body.decode("latin-1") for request in list(self.server.requests))

    def spans(self) -> list[Spanned]:
        found: list[Spanned] = []
        for request in list(self.server.requests):
            assert request.path == "/v1/traces"
            found += _spans(ExportTraceServiceRequest.FromString(request.body))
        return found


def _spans(export: ExportTraceServiceRequest) -> Iterator[Spanned]:
    for resource in export.resource_spans:
        (service,) = [one.value.string_value for one in resource.resource.attributes if one.key == "service.name"]
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            assert span.end_time_unix_nano >= span.start_time_unix_nano > 0
            yield Spanned(
                name=span.name,
                kind=span.kind,
                service=service,
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent=span.parent_span_id.hex(),
                failed=span.status.code == span.status.STATUS_CODE_ERROR,
                attributes={one.key: one.value.string_value or one.value.int_value for one in span.attributes},
            )


@contextmanager
def collector() -> Iterator[Collector]:
    with neighbour(lambda _: Reply(200, b"")) as server:
        yield Collector(server)
