"""The part of the worker that passes messages on: several loops at once, over the partitions that it holds."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from domain.model.errors import DomainError
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.relaying import Channel, Relayed
from entrypoints.application import Application
from entrypoints.worker.held_partitions import HeldPartitions

LOOK_EVERY_SECONDS: Final = 0.2
"""How long a message waits at most before a worker looks."""
LOOPS: Final[Mapping[Channel, int]] = {Channel.EVENTS: 3, Channel.RETRIES: 1, Channel.RECEIPTS: 1}
"""Batches of a channel in flight at once: while one is published, others are read or settled. Each loop has
partitions of its own, so that no entry is in two batches of a channel."""
BACKOFF_SECONDS: Final = (0.1, 5.0)
"""The longest pause of a loop after the first failure, and after many: it doubles with each failure."""
GRACE_SECONDS: Final = 5.0
"""How long the batches in flight may still take after the worker is told to stop."""
GIVE_BACK_SECONDS: Final = 2.0
"""How long giving back the lease may take; a lease that is not given back runs out."""

PassOn = Callable[[Collection[int]], Awaitable[Relayed]]

log = structlog.get_logger()


async def relay(app: Application, lasting: timedelta, stop: asyncio.Event) -> None:
    """Pass messages on until ``stop`` is set. Batches in flight are then finished, or else repeated by the worker
    that holds their partitions next."""
    held = HeldPartitions(app.messaging.leases, _name(), lasting)
    over = asyncio.Event()
    keeper = asyncio.create_task(_keep(held, over))
    loops = [asyncio.create_task(loop.run()) for loop in _loops(app, held, stop)]
    try:
        await stop.wait()
        await asyncio.wait(loops, timeout=GRACE_SECONDS)
    finally:
        over.set()
        for task in (keeper, *loops):
            task.cancel()
        await asyncio.gather(keeper, *loops, return_exceptions=True)
        await _give_back(held)


async def drain(app: Application, lasting: timedelta) -> None:
    """Pass on the messages that wait now, as far as that works, and return. Raises Unavailable."""
    held = HeldPartitions(app.messaging.leases, _name(), lasting)
    await held.renew()
    for channel, pass_on in _channels(app).items():
        async with held.working_on(range(PARTITIONS)) as partitions:
            passed_on = 1
            while passed_on:
                relayed = await pass_on(partitions)
                _log_outcome(channel, relayed)
                passed_on = relayed.passed_on
    await held.give_back()


def _channels(app: Application) -> Mapping[Channel, PassOn]:
    return {
        Channel.EVENTS: app.messaging.relay_events,
        Channel.RETRIES: app.messaging.queue_score_retries,
        Channel.RECEIPTS: app.messaging.send_receipts,
    }


def _loops(app: Application, held: HeldPartitions, stop: asyncio.Event) -> "Sequence[_Loop]":
    return [
        _Loop(channel, range(first, PARTITIONS, LOOPS[channel]), pass_on, held, stop)
        for channel, pass_on in _channels(app).items()
        for first in range(LOOPS[channel])
    ]


def _name() -> str:
    """Of this worker; no other worker has had it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def _keep(held: HeldPartitions, over: asyncio.Event) -> None:
    """Renew the lease until ``over`` is set. Cancelling is not enough: the driver loses some cancellations."""
    while not over.is_set():
        try:
            pause = await held.renew()
        except DomainError as error:
            log.warning("worker.hindered", **error.logged)
            pause = held.retry_seconds
        except Exception:
            log.exception("relay.lease_not_renewed")  # Try again: a worker without partitions would idle for ever.
            pause = held.retry_seconds
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), pause)


async def _give_back(held: HeldPartitions) -> None:
    """A lease that cannot be given back runs out."""
    try:
        async with asyncio.timeout(GIVE_BACK_SECONDS):
            await held.give_back()
    except (DomainError, TimeoutError):
        pass
    except Exception:
        log.exception("relay.lease_not_given_back")


class _Loop:
    """Passes on batch after batch of one channel."""

    def __init__(
        self, channel: Channel, wanted: Collection[int], pass_on: PassOn, held: HeldPartitions, stop: asyncio.Event
    ) -> None:
        self._channel = channel
        self._wanted = wanted
        """Of these partitions it works on the ones that the worker holds."""
        self._pass_on = pass_on
        self._held = held
        self._stop = stop
        self._failures = 0

    async def run(self) -> None:
        while not self._stop.is_set():
            pause = await self._once()
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)

    async def _once(self) -> float:
        """Pass on one batch. Returns the seconds to wait for the next."""
        relayed = Relayed()
        try:
            async with self._held.working_on(self._wanted) as partitions:
                if partitions:
                    relayed = await self._pass_on(partitions)
                    _log_outcome(self._channel, relayed)
        except DomainError as error:
            log.warning("relay.hindered", way=self._channel.value, **error.logged)
            return self._backoff()
        except TimeoutError:
            log.warning("relay.lease_lost", way=self._channel.value)
            return self._backoff()
        except Exception:
            log.exception("relay.failed", way=self._channel.value)  # A loop that fails must not end the others.
            return self._backoff()
        self._failures = 0
        return 0 if relayed.more else LOOK_EVERY_SECONDS

    def _backoff(self) -> float:
        """With full jitter, so that loops that failed together do not retry together."""
        shortest, longest = BACKOFF_SECONDS
        self._failures += 1
        return random.uniform(0, min(longest, shortest * 2 ** min(self._failures, 10)))


def _log_outcome(channel: Channel, relayed: Relayed) -> None:
    if relayed.passed_on:
        log.info("messages.relayed", way=channel.value, count=relayed.passed_on)
    if relayed.unaddressed:
        log.info("receipts.without_address", count=relayed.unaddressed)
    if relayed.postponed:
        log.warning("messages.postponed", way=channel.value, count=relayed.postponed)
    for parked in relayed.parked:
        log.error("message.parked", way=channel.value, id=parked.message.id, reason=parked.reason)
