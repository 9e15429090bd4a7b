"""Ports that are logged, counted and traced: each does what the port behind it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry.trace import SpanKind

from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from domain.model.registrations.phones import PhoneNumber
from entrypoints.telemetry import traceparent as w3c
from entrypoints.telemetry.logs import log_together
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import Span, Tracer
from ports.events import BEHIND, EventStream, Refused
from ports.neighbours import Sms

SYSTEMS: Final = {"kinesis": "aws.kinesis", "kafka": "kafka", "kafka+ssl": "kafka"}
"""OpenTelemetry's names for streams. Other streams are named by their scheme."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentedStream:
    """Each published event gets a line in the log and, in a trace that is kept, a span.

    Both carry the ids of the request that made the change; that request may be over for long.
    """

    stream: EventStream
    system: str
    metrics: Metrics
    tracer: Tracer | None

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        spans = self._begin(events)
        try:
            refused = await self.stream.publish(events)
        except Unavailable:
            # Which of them were published is unknown. All are published again, and logged then.
            self.metrics.publish_failed("unavailable")
            raise
        reasons = {one.id: one.reason for one in refused}
        log_together("event.published", [_log_fields(event) for event in events if event.id not in reasons])
        for event in events:
            if reasons.get(event.id, BEHIND) != BEHIND:
                self.metrics.publish_failed("refused")
                log.warning("event.refused", reason=reasons[event.id], **_log_fields(event))
        self.metrics.published(len(events) - len(reasons))
        for event, span in zip(events, spans, strict=False):
            if reasons.get(event.id) != BEHIND:
                span.end(f"publish {self.system}", self._attributes(event), failed=event.id in reasons)
        return refused

    def _begin(self, events: Sequence[OutgoingEvent]) -> Sequence[Span]:
        tracer = self.tracer
        return [tracer.begin(SpanKind.PRODUCER, event.traceparent) for event in events] if tracer else ()

    def _attributes(self, event: OutgoingEvent) -> dict[str, str]:
        known = {"fangate.request_id": event.request_id} if event.request_id else {}
        return known | {
            "messaging.system": SYSTEMS.get(self.system, self.system),
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.message.id": event.id,
            "campaign_id": _campaign_of(event),
        }


def _log_fields(event: OutgoingEvent) -> dict[str, str]:
    fields = {"id": event.id, "campaign_id": _campaign_of(event)}
    if event.request_id is not None:
        fields["request_id"] = event.request_id
    if event.traceparent is not None:
        fields["trace_id"] = w3c.trace_id(event.traceparent)
    return fields


def _campaign_of(event: OutgoingEvent) -> str:
    """The key is campaign:user, and a campaign's id has no colon."""
    return event.key.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSms:
    sms: Sms
    metrics: Metrics

    async def send(self, to: PhoneNumber, body: str) -> None:
        try:
            await self.sms.send(to, body)
        except Unavailable:
            self.metrics.code_not_sent()
            raise
        self.metrics.code_sent()
