"""The part of the worker that passes messages on: several lanes at once, over the partitions that it holds."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from domain.model.errors import DomainError
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.relaying import Channel, Relayed
from domain.usecases.messaging.hold_partitions import HoldPartitions
from entrypoints.application import Application

LOOK_EVERY_SECONDS: Final = 0.2
"""How long a message waits at most before a worker looks."""
LANES: Final[Mapping[Channel, int]] = {Channel.EVENTS: 3, Channel.RETRIES: 1, Channel.RECEIPTS: 1}
"""Batches of a channel in flight at once: while one is published, others are read or settled. Each lane has
partitions of its own, so that no entry is in two lanes."""
BACKOFF_SECONDS: Final = (0.1, 5.0)
"""Between these, doubled with each failure, a lane pauses at most; then whoever was away is found back soon."""
GRACE_SECONDS: Final = 5.0
"""How long the batches in hand may still take when the worker is told to stop."""
FAREWELL_SECONDS: Final = 2.0
"""How long giving back the lease may take; without it, it runs out."""

PassOn = Callable[[Collection[int]], Awaitable[Relayed]]

log = structlog.get_logger()


async def relay(app: Application, lasting: timedelta, stop: asyncio.Event) -> None:
    """Until ``stop`` is set. What is in hand then is finished, or else passed on again by who holds it next."""
    held = HoldPartitions(app.messaging.leases, _name(), lasting)
    over = asyncio.Event()
    keeper = asyncio.create_task(_keep(held, over))
    lanes = [
        asyncio.create_task(_Lane(channel, range(place, PARTITIONS, count), pass_on, held, stop).run())
        for channel, pass_on in _channels(app).items()
        for place, count in [(place, LANES[channel]) for place in range(LANES[channel])]
    ]
    try:
        await stop.wait()
        await asyncio.wait(lanes, timeout=GRACE_SECONDS)
    finally:
        over.set()
        for task in (keeper, *lanes):
            task.cancel()
        await asyncio.gather(keeper, *lanes, return_exceptions=True)
        await _say_farewell(held)


async def drain(app: Application, lasting: timedelta) -> None:
    """Pass on what waits now, as far as it goes, and return. Raises Unavailable."""
    held = HoldPartitions(app.messaging.leases, _name(), lasting)
    await held.renew()
    for channel, pass_on in _channels(app).items():
        async with held.in_hand(range(PARTITIONS)) as partitions:
            while _told(channel, await pass_on(partitions)).passed_on:
                pass
    await held.give_back()


def _channels(app: Application) -> Mapping[Channel, PassOn]:
    return {
        Channel.EVENTS: app.messaging.relay_events,
        Channel.RETRIES: app.messaging.queue_score_retries,
        Channel.RECEIPTS: app.messaging.send_receipts,
    }


def _name() -> str:
    """Of this worker, and of no other that ever was."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def _keep(held: HoldPartitions, over: asyncio.Event) -> None:
    """Renew the lease until it is over. To cancel this is not enough: the driver loses some cancellations."""
    while not over.is_set():
        try:
            pause = await held.renew()
        except DomainError as error:
            log.warning("worker.hindered", **error.logged)
            pause = held.again_seconds
        except Exception:
            log.exception("relay.lease_not_renewed")  # A worker without partitions would idle for ever.
            pause = held.again_seconds
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), pause)


async def _say_farewell(held: HoldPartitions) -> None:
    """A lease that cannot be given back runs out."""
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await held.give_back()
    except (DomainError, TimeoutError):
        pass
    except Exception:
        log.exception("relay.lease_not_given_back")


class _Lane:
    def __init__(
        self, channel: Channel, places: Collection[int], pass_on: PassOn, held: HoldPartitions, stop: asyncio.Event
    ) -> None:
        self._channel = channel
        self._places = places
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
        """Pass on one batch; how long to wait for the next."""
        relayed = Relayed()
        try:
            async with self._held.in_hand(self._places) as partitions:
                if partitions:
                    relayed = _told(self._channel, await self._pass_on(partitions))
        except DomainError as error:
            log.warning("relay.hindered", way=self._channel.value, **error.logged)
            return self._backoff()
        except TimeoutError:
            log.warning("relay.lease_lost", way=self._channel.value)
            return self._backoff()
        except Exception:
            log.exception("relay.failed", way=self._channel.value)  # One lane that fails must not end the others.
            return self._backoff()
        self._failures = 0
        return 0 if relayed.more else LOOK_EVERY_SECONDS

    def _backoff(self) -> float:
        """With full jitter: those who were turned away together do not come back together."""
        shortest, longest = BACKOFF_SECONDS
        self._failures += 1
        return random.uniform(0, min(longest, shortest * 2 ** min(self._failures, 10)))


def _told(channel: Channel, relayed: Relayed) -> Relayed:
    if relayed.passed_on:
        log.info("messages.relayed", way=channel.value, count=relayed.passed_on)
    if relayed.unaddressed:
        log.info("receipts.without_address", count=relayed.unaddressed)
    if relayed.postponed:
        log.warning("messages.postponed", way=channel.value, count=relayed.postponed)
    for parked in relayed.parked:
        log.error("message.parked", way=channel.value, id=parked.message.id, reason=parked.reason)
    return relayed
