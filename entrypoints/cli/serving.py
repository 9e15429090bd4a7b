"""The processes of the HTTP API."""

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import structlog
import uvicorn
from litestar.types import ASGIApp

from entrypoints.bootstrap.files import PlatformFile, check_files
from entrypoints.cli.listening import run
from entrypoints.cli.warnings import warn_of_files
from entrypoints.config.settings import ConfigurationError, Settings
from entrypoints.http.server.protocol import Protocol
from entrypoints.http.server.wire_limits import Limits
from entrypoints.listening import listen
from entrypoints.service import service_app
from entrypoints.telemetry.logs import configure_logs
from entrypoints.telemetry.metrics import MULTIPROCESS_FOLDER

GRACE_SECONDS = 25
"""How long requests in progress may still take when the service stops."""
KEEP_ALIVE_SECONDS = 75
"""How long a connection without a request stays open. Load balancers keep theirs for 60 s. The caller must be the
first to close, or a request meets a connection that was closed a moment before: uvicorn's own 5 s do that."""
START_SECONDS = 60
"""After this silence a process counts as dead. On a busy machine, starting takes a while."""

log = structlog.get_logger()


def serve_http(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until a stop signal. Raises ConfigurationError."""
    configure_logs(settings.log_level)
    app = service_app(settings)  # A wrong configuration stops here, in one line, not in each process.
    missing = check_files(settings)
    if settings.in_memory and workers > 1:
        raise ConfigurationError("FANGATE_STORE=memory: cannot be shared by several workers")
    with listen(host, port) as bound, tempfile.TemporaryDirectory(prefix="fangate-metrics-") as folder:
        _warn(settings, missing)
        # After its shutdown the server sends itself the signal that stopped it: this is an orderly end.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if workers > 1:
            os.environ[MULTIPROCESS_FOLDER] = folder
        run(_server(app if workers == 1 else None, host, port, workers, settings), bound)


def _server(app: ASGIApp | None, host: str, port: int, workers: int, settings: Settings) -> uvicorn.Config:
    """Without ``app``, each process builds its own."""
    return uvicorn.Config(
        cast(Any, app or "entrypoints.service:from_environment"),
        factory=app is None,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=cast(Any, partial(Protocol, limits=Limits(connections=settings.max_connections))),
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )


def _warn(settings: Settings, missing: Sequence[PlatformFile]) -> None:
    """Warn of settings that work, but are seldom intended."""
    warn_of_files(missing)
    if not settings.confirmation_secret and not settings.jwt_secret:
        log.warning("confirmation.key_of_this_process_only", advice="set FANGATE_CONFIRMATION_SECRET")
    if settings.in_memory:
        log.warning("store.in_memory", advice="set FANGATE_STORE=mongodb://… to keep anything")
    elif settings.sms.startswith("log:"):
        log.warning("sms.only_logged", advice="set FANGATE_SMS: any reader of the log can confirm any phone")
