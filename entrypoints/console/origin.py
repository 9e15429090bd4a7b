"""Changes come from the console's own pages, and from no other site."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from entrypoints.console.text import text
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.headers import header
from entrypoints.http.response.problems import Problem

CONSOLE: Final = "/console"


def check_origin(request: AnyRequest) -> None:
    """Raises a 403 Problem. The cookie is not sent across sites either; this check does not rely on that."""
    if not _same_origin(request):
        raise Problem(
            403,
            "console.foreign_origin",
            text("The form came from another site."),
            detail=text("open the console itself and send the form again"),
        )


def _same_origin(request: AnyRequest) -> bool:
    site = header(request, b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = header(request, b"origin")
    return origin is not None and _host(origin) == (header(request, b"host") or "").lower()


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


CROSS_SITE: Final = "cross-site"


def led_here(request: AnyRequest) -> bool:
    """Another site led the browser here, so it did not send the cookie."""
    return header(request, b"sec-fetch-site") == CROSS_SITE


def page_before(request: AnyRequest) -> str:
    """The address of the page of the console that led here, to go back to; empty where none did."""
    referrer = header(request, b"referer") or ""
    if _host(referrer) != (header(request, b"host") or "").lower():
        return ""
    parts = urlsplit(referrer)
    of_console = parts.path == CONSOLE or parts.path.startswith(f"{CONSOLE}/")
    return urlunsplit(("", "", parts.path, parts.query, "")) if of_console else ""
