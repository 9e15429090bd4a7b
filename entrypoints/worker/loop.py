"""The worker: what has to happen without anyone asking for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from domain.model.errors import DomainError
from entrypoints.bootstrap import Application
from entrypoints.settings import Settings

log = structlog.get_logger()


async def work(app: Application, settings: Settings, stop: asyncio.Event, *, drain: bool = False) -> None:
    """Sweep lapsed reservations, again and again, until ``stop`` is set; with ``drain``, only once."""
    while not stop.is_set():
        try:
            if swept := await app.sweep_reservations():
                log.info("reservations.swept", count=swept)
        except DomainError as error:
            log.warning("worker.hindered", code=error.code)
        if drain:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), settings.sweep_interval.total_seconds())


@asynccontextmanager
async def sweeping(app: Application, settings: Settings, *, wanted: bool) -> AsyncIterator[None]:
    """Work beside whatever the block does: for a store that no other process can see."""
    if not wanted:
        yield
        return
    stop = asyncio.Event()
    task = asyncio.create_task(work(app, settings, stop))
    try:
        yield
    finally:
        stop.set()
        await task
