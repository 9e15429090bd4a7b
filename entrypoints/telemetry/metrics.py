"""The counters that Prometheus reads, summed over all processes that serve one port."""

import os
from collections.abc import Iterable
from functools import cache
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import Collector

MULTIPROCESS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Set when several processes serve one port. Files in this folder add up their numbers."""

# OpenTelemetry's buckets for http.server.request.duration, in seconds.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics:
    def __init__(self, *, requests: bool = True) -> None:
        """``requests``: whether requests are counted. Everything else is rare and always counted."""
        self._of_requests = requests
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "http_server_request_duration_seconds",
            "Time to the last byte of the answer",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._requests = self._counter("http_requests", "Requests answered", "method", "route", "status")
        self._conflicts = self._counter("fangate_reservation_conflicts", "Reservations refused with 409", "reason")
        self._refused = self._counter("fangate_rate_limited", "Requests refused with 429 by a rate limit", "of")
        self._shed = self._counter("fangate_requests_shed", "Requests refused with 503 by a full lane", "lane")
        self._sent = self._counter("fangate_confirmations_sent", "One-time codes handed to the gateway")
        self._unsent = self._counter("fangate_confirmations_unsent", "One-time codes the gateway did not take")
        self._verified = self._counter("fangate_confirmations_verified", "Phones confirmed with a code")
        self._published = self._counter("fangate_events_published", "Events the stream took, repeats included")
        self._unpublished = self._counter(
            "fangate_publish_failures", "Events refused, and calls that failed", "reason"
        )
        # Looking up children by their labels is the most expensive part of counting.
        self._answers = cache(self._requests.labels)
        self._durations = cache(self._seconds.labels)
        self._sheds = cache(self._shed.labels)

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(name, help, labels, registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        if not self._of_requests:
            return
        self._answers(method, route, status).inc()
        self._durations(method, route).observe(seconds)

    def reservation_refused(self, reason: str) -> None:
        self._conflicts.labels(reason).inc()

    def rate_limited(self, of: str) -> None:
        """``of``: the limit, ``writes``, ``reads`` or ``address``."""
        self._refused.labels(of).inc()

    def request_shed(self, lane: str) -> None:
        """``lane``: ``reads``, ``entries`` or ``codes``."""
        self._sheds(lane).inc()

    def code_sent(self) -> None:
        self._sent.inc()

    def code_not_sent(self) -> None:
        self._unsent.inc()

    def phone_verified(self) -> None:
        self._verified.inc()

    def published(self, count: int) -> None:
        self._published.inc(count)

    def publish_failed(self, reason: str) -> None:
        self._unpublished.labels(reason).inc()

    def exposition(self, gauges: Iterable[Metric] = ()) -> bytes:
        """The text format, summed over all processes, and the gauges, which are not summed."""
        text = generate_latest(self._counted())
        found = CollectorRegistry()
        found.register(_Gauges(gauges))
        return text + generate_latest(found)

    def _counted(self) -> CollectorRegistry:
        if MULTIPROCESS_FOLDER not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
        return registry


class _Gauges(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics
