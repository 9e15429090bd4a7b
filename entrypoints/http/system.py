"""For operators: is it alive, is it ready, what does it measure.

No token needed.
"""

from typing import Literal

from litestar import get
from litestar.response import Response

from domain.model.errors import DomainError
from entrypoints.application import Application
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.guards import public
from entrypoints.http.response.answers import json_answer
from entrypoints.http.server.stopping import Stopping
from entrypoints.http.wire import Wire
from entrypoints.telemetry.gauges import Gauges
from entrypoints.telemetry.metrics import MEDIA_TYPE, Metrics


class AliveBody(Wire):
    status: Literal["alive"] = "alive"


Part = Literal["up", "down", "stopping"]


class ReadyBody(Wire):
    status: Literal["ready", "unready"]
    parts: dict[str, Part]


@get(
    "/livez",
    **documented(
        Operation(
            id="livez",
            summary="Is the process alive?",
            tag="Operations",
            answers={200: Answer(body=AliveBody, description="It is.", example={"status": "alive"})},
        ),
        public,
    ),
)
async def livez() -> Response[bytes]:
    """Never touches a dependency: a dead neighbour is no reason to kill this process."""
    return json_answer(AliveBody())


@get(
    "/readyz",
    **documented(
        Operation(
            id="readyz",
            summary="Is everything there that it needs?",
            tag="Operations",
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
        ),
        public,
    ),
)
async def readyz(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    stopping: Stopping = request.app.state.stopping
    if stopping.begun:
        return json_answer(ReadyBody(status="unready", parts={"service": "stopping"}), status=503)
    parts: dict[str, Part] = {}
    for part in app.health:
        try:
            await part.ping()
            parts[part.name] = "up"
        except DomainError:
            parts[part.name] = "down"
    ready = "down" not in parts.values()
    body = ReadyBody(status="ready" if ready else "unready", parts=parts)
    return json_answer(body, status=200 if ready else 503)


@get(
    "/metrics",
    **documented(
        Operation(
            id="metrics",
            summary="Measurements for Prometheus",
            tag="Operations",
            answers={200: Answer(description="The text format.", media={"text/plain": "http_requests_total 1\n"})},
        ),
        public,
    ),
)
async def metrics(request: AnyRequest) -> Response[bytes]:
    measured: Metrics = request.app.state.metrics
    gauges: Gauges = request.app.state.gauges
    return Response(measured.exposition(await gauges.metrics()), media_type=MEDIA_TYPE)
