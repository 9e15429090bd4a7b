"""The HTTP service as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from litestar import Litestar
from litestar.types import ASGIApp

from entrypoints.bootstrap import application, check
from entrypoints.bootstrap.token_keys import token_keys
from entrypoints.collector import tune_collector
from entrypoints.config.settings import Settings
from entrypoints.http.dispatcher import Dispatcher, Pages, declared, refused
from entrypoints.http.operations import OPERATIONS
from entrypoints.http.request.token_verifier import token_verifier
from entrypoints.http.server.admission import Admission
from entrypoints.http.server.background import Background
from entrypoints.http.server.middleware import RequestMiddleware
from entrypoints.http.server.routes import Routes
from entrypoints.http.server.stopping import Stopping
from entrypoints.http.serving import endpoint_of
from entrypoints.telemetry.gauges import Gauges
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import tracing
from entrypoints.worker.loop import sweeping

log = structlog.get_logger()


NO_PAGES: Final = Pages()


def http_app(settings: Settings, pages: Pages = NO_PAGES) -> ASGIApp:
    """The operations, and ``pages`` beside them. Opens nothing before the server starts it.

    Raises ConfigurationError.
    """
    check(settings)
    metrics = Metrics(requests=settings.metrics == "on")
    endpoints = {
        (operation.path, method): endpoint_of(operation)
        for operation in OPERATIONS
        for method in operation.methods
    }
    app = Litestar(
        route_handlers=[declared(path, method) for path, method in [*endpoints, *pages.endpoints]],
        lifespan=[_running(settings, metrics)],
        exception_handlers={Exception: refused},
        openapi_config=None,
        logging_config=None,
    )
    app.state.token_verifier = token_verifier(settings, token_keys(settings))
    app.state.operations = OPERATIONS
    routes = Routes({route.path_format: route.methods for route in app.routes})
    admission = Admission(Dispatcher(app, endpoints, pages), metrics, at_once=settings.max_requests)
    middleware = RequestMiddleware(admission, metrics, routes)
    app.state.middleware = middleware
    return middleware


def _running(settings: Settings, metrics: Metrics) -> Any:
    @asynccontextmanager
    async def run(app: Litestar) -> AsyncIterator[None]:
        """Open the adapters inside the server's own event loop, and close them when it stops."""
        async with (
            _logged("http.not_started"),
            tracing() as tracer,
            application(settings, metrics=metrics, tracer=tracer) as opened,
            sweeping(opened, settings, wanted=settings.in_memory),
        ):
            app.state.application = opened
            app.state.middleware.tracer = tracer
            app.state.metrics = metrics
            app.state.gauges = Gauges(opened)
            app.state.background = Background()
            app.state.stopping = Stopping(settings.shutdown_delay)
            app.state.stopping.listen()
            tune_collector()
            log.info("http.started")
            try:
                yield
            finally:
                await app.state.background.stop()
                await app.state.gauges.stop()

    return run


@asynccontextmanager
async def _logged(event: str) -> AsyncIterator[None]:
    """Log the exception that ends the block in our own form, before the server logs that it gave up."""
    try:
        yield
    except Exception:
        log.exception(event)
        raise
