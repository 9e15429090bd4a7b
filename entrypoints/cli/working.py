"""The process of a worker."""

import asyncio
import signal

import structlog
import uvloop

from entrypoints import bootstrap
from entrypoints.bootstrap.files import check_files
from entrypoints.cli.warnings import warn_of_files
from entrypoints.collector import tune_collector
from entrypoints.config.settings import ConfigurationError, Settings
from entrypoints.telemetry.logs import configure_logs
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import tracing
from entrypoints.worker.loop import work
from entrypoints.worker.watching import watched

log = structlog.get_logger()


def run_worker(settings: Settings, metrics_host: str, metrics_port: int | None) -> None:
    """Work until a stop signal. Raises ConfigurationError."""
    configure_logs(settings.log_level)
    if settings.in_memory:
        raise ConfigurationError("FANGATE_STORE=memory: cannot be seen by a worker; the service sweeps it itself")
    warn_of_files(check_files(settings))
    if settings.stream == "memory:":
        log.warning("stream.read_by_nobody", advice="set FANGATE_STREAM: events go into this process's memory")
    if settings.queue == "memory:" and settings.fanscore != "none:":
        log.warning("queue.in_memory", advice="set FANGATE_QUEUE: retries are forgotten when this process ends")
    port = settings.worker_metrics_port if metrics_port is None else metrics_port
    uvloop.run(_work(settings, metrics_host, port))


async def _work(settings: Settings, metrics_host: str, metrics_port: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    metrics = Metrics()
    async with (
        tracing() as tracer,
        bootstrap.application(settings, metrics=metrics, tracer=tracer) as app,
        watched(app, metrics, metrics_host, metrics_port),
    ):
        tune_collector()
        log.info("worker.started")
        await work(app, settings, stop)
    log.info("worker.stopped")
