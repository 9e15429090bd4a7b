"""The worker: what has to happen without anyone asking for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from domain.model.errors import DomainError
from entrypoints.application import Application
from entrypoints.settings import Settings

log = structlog.get_logger()

RELAY_EVERY_SECONDS: Final = 0.25
"""How long a message waits at most before a worker looks."""


async def work(app: Application, settings: Settings, stop: asyncio.Event, *, drain: bool = False) -> None:
    """Do each chore again and again until ``stop`` is set; with ``drain``, only once.

    What a database keeps to be told is not passed on to the memory of one process: it waits for a real stream.
    """
    sweep_every = settings.sweep_interval.total_seconds()
    chores = [_repeat(app.sweep_reservations, "reservations.swept", sweep_every, stop, once=drain)]
    if settings.in_memory:
        chores.append(_repeat(app.relay_messages, "messages.relayed", RELAY_EVERY_SECONDS, stop, once=drain))
    await asyncio.gather(*chores)


async def _repeat(
    chore: Callable[[], Awaitable[int]], event: str, seconds: float, stop: asyncio.Event, *, once: bool
) -> None:
    """``chore`` answers how much it did; what hinders it today may be over next time."""
    while not stop.is_set():
        try:
            if count := await chore():
                log.info(event, count=count)
        except DomainError as error:
            log.warning("worker.hindered", code=error.code, **error.context)
        if once:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


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
