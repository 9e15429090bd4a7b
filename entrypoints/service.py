"""The service as the server starts it: the HTTP API, and the console beside it."""

from litestar.types import ASGIApp

from entrypoints.config.settings import Settings, read_settings
from entrypoints.console.pages import console
from entrypoints.http.app import NO_PAGES, http_app
from entrypoints.telemetry.logs import configure_logs


def from_environment() -> ASGIApp:
    """The server calls this in each of its processes. Raises ConfigurationError."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return service_app(settings)


def service_app(settings: Settings) -> ASGIApp:
    """Opens nothing before the server starts it. Raises ConfigurationError."""
    return http_app(settings, console(settings) if settings.console == "on" else NO_PAGES)
