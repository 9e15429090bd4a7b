"""How to use the service: its documents, the page that shows them, and the files of the page. No token needed."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from entrypoints.http.call import Call
from entrypoints.http.openapi.asyncapi import asyncapi
from entrypoints.http.openapi.document import openapi
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import public
from entrypoints.http.response.answers import Reply, json_answer

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


@Operation(
    id="openapi",
    method="GET",
    path="/openapi.json",
    summary="This document",
    tag="Operations",
    guard=public,
    answers={200: Answer(body=dict[str, Any], description="OpenAPI 3.1.", example={"openapi": "3.1.0"})},
)
async def openapi_document(call: Call[None]) -> Reply:
    return Reply(200, _drawn(call.request.app.state.operations))


@cache
def _drawn(operations: Sequence[Operation]) -> bytes:
    """Drawing the document takes 60 ms, and it never changes."""
    return msgspec.json.encode(openapi(operations))


@Operation(
    id="asyncapi",
    method="GET",
    path="/asyncapi.json",
    summary="What is published of registrations",
    tag="Operations",
    guard=public,
    answers={200: Answer(body=dict[str, Any], description="AsyncAPI 3.0.", example={"asyncapi": "3.0.0"})},
)
async def asyncapi_document(_: Call[None]) -> Reply:
    return json_answer(asyncapi())


@Operation(
    id="docs",
    method="GET",
    path="/docs",
    summary="This document, for people",
    tag="Operations",
    guard=public,
    answers={200: Answer(description="A page.", media={"text/html": "<!doctype html>"})},
)
async def docs(_: Call[None]) -> Reply:
    policy = {"Content-Security-Policy": DOCS_POLICY}
    return Reply(200, _content("docs.html"), "text/html; charset=utf-8", policy)


@cache
def _content(asset: str) -> bytes:
    """Keep one copy: otherwise each caller that reads slowly would hold 1.4 MB of its own."""
    return (ASSETS / asset).read_bytes()


@Operation(
    id="root",
    method="GET",
    path="/",
    summary="To the documentation",
    tag="Operations",
    guard=public,
    answers={307: Answer(description="People who type the bare address find the documentation.")},
    documented=False,
)
async def root(_: Call[None]) -> Reply:
    return Reply(307, b"", "", {"Location": "/docs"})


def _asset(name: str) -> Operation:
    """The page's script and style are shipped with the package: it renders without internet.

    One route an asset: a parameter in the path would hide the paths of a campaign with the id "docs".
    """

    @Operation(
        id=f"docs/{name}",
        method="GET",
        path=f"/docs/{name}",
        summary="A file of the documentation page",
        tag="Operations",
        guard=public,
        answers={200: Answer(description="The file.", media={ASSET_TYPES[name]: ""})},
        documented=False,
    )
    async def asset(_: Call[None]) -> Reply:
        headers = {"Cache-Control": "public, max-age=86400"}
        return Reply(200, _content(name), f"{ASSET_TYPES[name]}; charset=utf-8", headers)

    return asset


assets: Final = tuple(_asset(name) for name in ASSET_TYPES)
