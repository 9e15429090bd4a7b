"""The worker: what has to be done although no request asks for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from domain.model.errors import DomainError
from domain.usecases.privacy.purge_closed import PurgeCommand
from entrypoints.application import Application
from entrypoints.config.settings import Settings
from entrypoints.worker.relay import drain as drain_messages
from entrypoints.worker.relay import relay
from entrypoints.worker.scores import retry_scores

log = structlog.get_logger()


async def work(app: Application, settings: Settings, stop: asyncio.Event, *, drain: bool = False) -> None:
    """Do each chore again and again until ``stop`` is set; with ``drain``, only once."""
    sweep_every = settings.sweep_interval.total_seconds()
    await asyncio.gather(
        repeat(app.codes.sweep, "reservations.swept", sweep_every, stop, once=drain),
        drain_messages(app, settings.relay_lease) if drain else relay(app, settings.relay_lease, stop),
        purge(app, settings, stop, once=drain),
        repeat(app.draws.resume, "draws.finished", DRAWS_SECONDS, stop, once=drain),
        retry_scores(app.messaging.retry_scores, app.messaging.queue, stop, once=drain),
        repeat(app.messaging.drop_dead_letters, "dead_letters.dropped", DEAD_LETTERS_SECONDS, stop, once=drain),
    )


DRAWS_SECONDS: Final = 10.0
"""How often draws are looked for that lost their process. One query, of an index that is almost always empty."""

DEAD_LETTERS_SECONDS: Final = 900.0
"""As long as a job that is put off may wait before it meets no registration. An empty queue costs one call."""

PURGE_SECONDS: Final = 3_600.0
"""A day more or less is of no account: a round reads every campaign."""


async def purge(app: Application, settings: Settings, stop: asyncio.Event, *, once: bool) -> None:
    """Withdraw what belongs to campaigns that closed long ago, if the operator set how long."""
    if not settings.retention_days:
        return
    command = PurgeCommand(days=settings.retention_days)

    async def chore() -> int:
        return (await app.privacy.purge(command)).entries

    await repeat(chore, "registrations.purged", PURGE_SECONDS, stop, once=once)


async def repeat(
    chore: Callable[[], Awaitable[int]], event: str, seconds: float, stop: asyncio.Event, *, once: bool
) -> None:
    """``chore`` returns how much it did. After a failure it is tried again in the next round."""
    while not stop.is_set():
        try:
            if count := await chore():
                log.info(event, count=count)
        except DomainError as error:
            log.warning("worker.hindered", **error.logged)
        except Exception:
            log.exception("worker.chore_failed", chore=event)  # One chore that fails must not end the others.
        if once:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


@asynccontextmanager
async def sweeping(app: Application, settings: Settings, *, wanted: bool) -> AsyncIterator[None]:
    """Work while the block runs: for a store that no other process can see."""
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
