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


def wants_no_wait(request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """``Prefer: respond-async`` (RFC 7240), alone or among other preferences."""
    preferences = (header(request, b"prefer") or "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


def has_no_body(request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Neither a length nor chunks are announced (RFC 9112, section 6.3)."""
    return header(request, b"transfer-encoding") is None and header(request, b"content-length") in {None, "0"}
