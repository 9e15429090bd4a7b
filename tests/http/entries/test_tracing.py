"""One registration, followed by its request id from the answer to what is published."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.collector import Collector, Spanned, collector
from tests.support.servers.service import Service, service
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

SERVER, PRODUCER = 2, 4
ALL = {"OTEL_TRACES_SAMPLER": "parentbased_always_on"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED, NOT_SAMPLED = f"00-{TRACE}-b7ad6b7169203331-01", f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def collected() -> Iterator[Collector]:
    with collector() as running:
        yield running


@pytest.fixture
def all_traced(platform: Platform, collected: Collector) -> Iterator[Scene]:
    """Reads, too."""
    with a_scene(platform, collected.settings | ALL) as scene:
        yield scene


@pytest.fixture
def traced(platform: Platform, collected: Collector) -> Iterator[Scene]:
    with a_scene(platform, collected.settings) as scene:
        yield scene


def register(scene: Scene, **headers: str) -> httpx2.Response:
    fan = scene.fan(uuid.uuid4().hex[:8])
    body = {"phone": fan.phone, "markets": ["nyc"]}
    answer = scene.ask("POST", "entries", headers=fan.headers | headers, json=body)
    assert answer.status_code == 201, answer.text
    return answer


def lines_about(running: Service, request_id: str) -> dict[str, Any]:
    """Of this request, by event."""
    wanted = {"http.answered", "event.published"}
    lines = eventually(
        lambda: {line["event"]: line for line in running.lines() if line.get("request_id") == request_id},
        lambda lines: wanted <= lines.keys(),
    )
    assert {line["level"] for line in lines.values()} == {"info"}
    return lines


def spans_about(collected: Collector, request_id: str) -> dict[str, Spanned]:
    def found() -> dict[str, Spanned]:
        about = [one for one in collected.spans() if one.attributes.get("fangate.request_id") == request_id]
        return {span.name: span for span in about}

    return eventually(found, lambda spans: len(spans) == 2)


def test_a_registration_is_followed_by_its_request_id(traced: Scene, collected: Collector) -> None:
    request_id = register(traced).headers["x-request-id"]

    lines = lines_about(traced.service, request_id)
    spans = spans_about(collected, request_id)

    answered, published = spans["POST /{campaignId}/entries"], spans["publish memory"]
    assert (answered.kind, published.kind) == (SERVER, PRODUCER)
    assert (answered.parent, published.parent) == ("", answered.span_id)
    assert {answered.service, published.service} == {"fangate"}
    ids = {answered.trace_id, published.trace_id} | {line["trace_id"] for line in lines.values()}
    assert len(ids) == 1
    assert {line["campaign_id"] for line in lines.values()} == {traced.campaign}
    assert published.attributes["messaging.message.id"] == lines["event.published"]["id"]
    assert answered.attributes == {
        "http.request.method": "POST",
        "http.route": "/{campaignId}/entries",
        "http.response.status_code": 201,
        "fangate.request_id": request_id,
        "campaign_id": traced.campaign,
    }


def test_the_callers_trace_goes_on(traced: Scene, collected: Collector) -> None:
    request_id = register(traced, traceparent=SAMPLED).headers["x-request-id"]

    spans = spans_about(collected, request_id)

    assert {span.trace_id for span in spans.values()} == {TRACE}
    assert spans["POST /{campaignId}/entries"].parent == "b7ad6b7169203331"


def test_what_the_caller_does_not_keep_is_not_exported_but_can_be_followed(
    traced: Scene, collected: Collector
) -> None:
    unkept = register(traced, traceparent=NOT_SAMPLED).headers["x-request-id"]
    kept = register(traced).headers["x-request-id"]

    assert {line["trace_id"] for line in lines_about(traced.service, unkept).values()} == {TRACE}
    spans_about(collected, kept)
    assert traced.service.stop() == 0
    assert TRACE not in {span.trace_id for span in collected.spans()}


def test_of_reads_some_are_traced_and_every_one_that_the_caller_keeps(traced: Scene, collected: Collector) -> None:
    url = f"{traced.service.url}/livez"
    for _ in range(200):
        httpx2.get(url, verify=NO_TLS)
    httpx2.get(url, headers={"traceparent": SAMPLED}, verify=NO_TLS)
    assert traced.service.stop() == 0

    reads = [span for span in collected.spans() if span.name == "GET /livez"]
    ours = [span for span in reads if span.trace_id != TRACE]

    assert len(reads) - len(ours) == 1
    assert 1 <= len(ours) <= 60


def test_what_is_still_to_be_sent_is_sent_at_the_end(platform: Platform, collected: Collector) -> None:
    patient = collected.settings | ALL | {"OTEL_BSP_SCHEDULE_DELAY": "600000", "OTEL_SERVICE_NAME": "gate-7"}
    with service(platform.settings | patient) as running:
        answer = httpx2.get(f"{running.url}/nowhere?phone=12", verify=NO_TLS)
        assert running.stop() == 0

    spans = {span.attributes["fangate.request_id"]: span for span in collected.spans()}

    span = spans[answer.headers["x-request-id"]]
    assert (span.name, span.service, span.failed) == ("GET unmatched", "gate-7", False)
    assert span.attributes["http.response.status_code"] == 404


@pytest.mark.parametrize("switch", [{}, {"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_without_traces_the_callers_trace_travels_on(
    platform: Platform, collected: Collector, switch: dict[str, str]
) -> None:
    off = {"OTEL_EXPORTER_OTLP_ENDPOINT": ""} if not switch else collected.settings | switch
    with a_scene(platform, off) as scene:
        traced, untraced = register(scene, traceparent=SAMPLED), register(scene, traceparent="00-nonsense")

        lines = lines_about(scene.service, traced.headers["x-request-id"])
        others = lines_about(scene.service, untraced.headers["x-request-id"])

        assert scene.service.stop() == 0
    assert {line["trace_id"] for line in lines.values()} == {TRACE}
    assert not [line for line in others.values() if "trace_id" in line]
    assert collected.spans() == []


def test_a_collector_that_is_gone_delays_no_request(platform: Platform, collected: Collector) -> None:
    collected.server.stop()
    with a_scene(platform, collected.settings) as scene:
        for _ in range(20):
            lines_about(scene.service, register(scene).headers["x-request-id"])

        assert scene.service.stop() == 0


def test_nothing_private_is_in_a_trace(all_traced: Scene, collected: Collector) -> None:
    ann = all_traced.fan("ann")
    entry = ann.confirmed(email="ann@secret.example")
    all_traced.get(f"entries/{ann.id}?phone={ann.phone[1:]}")
    all_traced.ask("GET", f"{ann.phone}/x", headers=ann.headers)
    assert all_traced.service.stop() == 0

    hidden = [ann.phone[1:], ann.id, "ann@secret.example", *ann.codes(), entry["id"]]
    assert len(collected.spans()) > 3
    assert not [text for text in hidden if text in collected.text]
