"""How the service is used: the documents, the page that shows them, and its files. No token needed."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, get
from litestar.response import Response

from entrypoints.http.openapi.asyncapi import asyncapi
from entrypoints.http.openapi.document import openapi
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.guards import public
from entrypoints.http.response.answers import json_answer

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
