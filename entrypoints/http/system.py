"""For operators and developers: is it alive, is it ready, what does it measure, how is it used.

No token needed.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from litestar import Litestar, MediaType, get
from litestar.response import Response

from domain.model.errors import DomainError
from entrypoints.application import Application
from entrypoints.gauges import Gauges
from entrypoints.http.answers import json_answer
from entrypoints.http.asyncapi import asyncapi
from entrypoints.http.auth import public
from entrypoints.http.decoding import AnyRequest
from entrypoints.http.openapi import openapi
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.stopping import Stopping
from entrypoints.http.wire import Wire
from entrypoints.metrics import MEDIA_TYPE, Metrics

ASSETS: Final = Path(__file__).parent / "assets"
ASSET_TYPES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "docs.js": "text/javascript",
}
DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)


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


@get(
    "/openapi.json",
    **documented(
        Operation(
            id="openapi",
            summary="This document",
            tag="Operations",
            answers={200: Answer(body=dict[str, Any], description="OpenAPI 3.1.", example={"openapi": "3.1.0"})},
        ),
        public,
    ),
)
async def openapi_document(request: AnyRequest) -> Response[bytes]:
    return Response(_openapi_of(request.app), media_type=MediaType.JSON)


@cache
def _openapi_of(app: Litestar) -> bytes:
    """Drawing it takes 60 ms, and it never changes."""
    return msgspec.json.encode(openapi(app))


@get(
    "/asyncapi.json",
    **documented(
        Operation(
            id="asyncapi",
            summary="What is published of registrations",
            tag="Operations",
            answers={200: Answer(body=dict[str, Any], description="AsyncAPI 3.0.", example={"asyncapi": "3.0.0"})},
        ),
        public,
    ),
)
async def asyncapi_document() -> Response[bytes]:
    return json_answer(asyncapi())


@get(
    "/docs",
    **documented(
        Operation(
            id="docs",
            summary="This document, for people",
            tag="Operations",
            answers={200: Answer(description="A page.", media={"text/html": "<!doctype html>"})},
        ),
        public,
    ),
)
async def docs() -> Response[bytes]:
    return Response(
        _content("docs.html"),
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": DOCS_POLICY},
    )


@cache
def _content(asset: str) -> bytes:
    """Kept once: callers who do not read what they asked for would else each hold a copy of 1.4 MB."""
    return (ASSETS / asset).read_bytes()


@get("/", before_request=public)
async def root() -> Response[bytes]:
    """People who type the bare address find the documentation."""
    return Response(b"", status_code=307, headers={"Location": "/docs"})


# One route an asset: a path parameter here would hide the paths of a campaign whose id is "docs".
@get([f"/docs/{asset}" for asset in ASSET_TYPES], before_request=public)
async def docs_asset(request: AnyRequest) -> Response[bytes]:
    """The page's script and style, shipped with the package: it renders without internet."""
    asset = request.scope["path"].rpartition("/")[2]
    return Response(
        _content(asset),
        media_type=ASSET_TYPES[asset],
        headers={"Cache-Control": "public, max-age=86400"},
    )
