"""Reading one header of a request.

The framework's ``request.headers`` decodes all of them, anew each time it is looked at.
"""

from typing import Any

from litestar.connection import ASGIConnection


def header(request: ASGIConnection[Any, Any, Any, Any], name: bytes) -> str | None:
    """The first value of the header ``name``, which is in lower case; None if there is none."""
    for key, value in request.scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None
