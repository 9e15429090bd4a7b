"""For operators: liveness, readiness and measurements. No token is needed."""

from typing import Literal

from domain.model.errors import DomainError
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import public
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.server.stopping import Stopping
from entrypoints.http.wire import Wire
from entrypoints.telemetry.gauges import Gauges
from entrypoints.telemetry.metrics import MEDIA_TYPE, Metrics
from ports.system import HealthCheck


class AliveBody(Wire):
    status: Literal["alive"] = "alive"


Part = Literal["up", "down", "stopping"]


class ReadyBody(Wire):
    status: Literal["ready", "unready"]
    parts: dict[str, Part]


@Operation(
    id="livez",
    method="GET",
    path="/livez",
    summary="Is the process alive?",
    tag="Operations",
    guard=public,
    answers={200: Answer(body=AliveBody, description="It is.", example={"status": "alive"})},
)
async def livez(call: Call[None]) -> AliveBody:
    """Calls no dependency: a neighbour that is down is no reason to kill this process."""
    return AliveBody()


@Operation(
    id="readyz",
    method="GET",
    path="/readyz",
    summary="Is everything there that it needs?",
    tag="Operations",
    guard=public,
    answers={
        200: Answer(
            body=ReadyBody,
            description="Everything answers.",
            example={"status": "ready", "parts": {"store": "up", "objects": "up"}},
        ),
        503: Answer(
            body=ReadyBody,
            description="The parts that are down, or that this process is about to stop.",
            example={"status": "unready", "parts": {"store": "down", "objects": "up"}},
        ),
    },
)
async def readyz(call: Call[None]) -> Reply:
    stopping: Stopping = call.request.app.state.stopping
    if stopping.begun:
        return json_answer(ReadyBody(status="unready", parts={"service": "stopping"}), status=503)
    parts = {part.name: await _state_of(part) for part in call.app.health}
    ready = "down" not in parts.values()
    body = ReadyBody(status="ready" if ready else "unready", parts=parts)
    return json_answer(body, status=200 if ready else 503)


async def _state_of(part: HealthCheck) -> Part:
    try:
        await part.ping()
    except DomainError:
        return "down"
    return "up"


@Operation(
    id="metrics",
    method="GET",
    path="/metrics",
    summary="Measurements for Prometheus",
    tag="Operations",
    guard=public,
    answers={200: Answer(description="The text format.", media={"text/plain": "http_requests_total 1\n"})},
)
async def metrics(call: Call[None]) -> Reply:
    measured: Metrics = call.request.app.state.metrics
    gauges: Gauges = call.request.app.state.gauges
    return Reply(200, measured.exposition(await gauges.metrics()), MEDIA_TYPE)
