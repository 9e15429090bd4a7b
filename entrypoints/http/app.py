"""The HTTP service as an ASGI application."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import structlog
from litestar import Litestar
from litestar.response import Response
from litestar.types import ASGIApp

from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.errors import DomainError, RateLimited
from entrypoints.bootstrap import application, check
from entrypoints.bootstrap.token_keys import token_keys
from entrypoints.config.settings import Settings, read_settings
from entrypoints.http.operations import OPERATIONS
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.token_verifier import token_verifier
from entrypoints.http.response.problems import MEDIA_TYPE
from entrypoints.http.response.refusals import problem_of
from entrypoints.http.server.admission import Admission
from entrypoints.http.server.background import Background
from entrypoints.http.server.middleware import RequestMiddleware, request_id_of
from entrypoints.http.server.routes import Routes
from entrypoints.http.server.stopping import Stopping
from entrypoints.http.serving import route
from entrypoints.telemetry.gauges import Gauges
from entrypoints.telemetry.logs import configure_logs
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import tracing
from entrypoints.worker.loop import sweeping

COLLECT_AFTER: Final = (20_000, 20, 20)
"""The thresholds of the garbage collector. Requests leave few cycles; with the default of 700 objects it would run
every few requests."""

log = structlog.get_logger()


def from_environment() -> ASGIApp:
    """The server calls this in each of its processes. Raises ConfigurationError."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return http_app(settings)


def http_app(settings: Settings) -> ASGIApp:
    """The service. Opens nothing before the server starts it. Raises ConfigurationError."""
    check(settings)
    metrics = Metrics(requests=settings.metrics == "on")
    app = Litestar(
        route_handlers=[route(operation) for operation in OPERATIONS],
        lifespan=[_running(settings, metrics)],
        exception_handlers={Exception: _answer_problem},
        openapi_config=None,
        logging_config=None,
    )
    app.state.token_verifier = token_verifier(settings, token_keys(settings))
    app.state.operations = OPERATIONS
    admission = Admission(app, metrics, at_once=settings.max_requests)
    middleware = RequestMiddleware(
        admission, metrics, Routes({route.path_format: route.methods for route in app.routes})
    )
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
            # The objects of now stay for ever: the collector need not visit them again while fans wait.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT_AFTER)
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


def _answer_problem(request: AnyRequest, error: Exception) -> Response[bytes]:
    problem = problem_of(error)
    request_id = request_id_of(request.scope)
    if isinstance(error, CodesExhausted | ReservationMismatch):
        request.app.state.metrics.reservation_refused(problem.code)
    if isinstance(error, RateLimited):
        request.app.state.metrics.rate_limited(error.of)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logged = error.logged if isinstance(error, DomainError) else {"code": problem.code}
        log.error("http.failed", **logged, exc_info=_cause(error))
    return Response(
        problem.body(request_id),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers),
    )


def _cause(error: Exception) -> BaseException:
    return error.__cause__ or error
