"""Taking retries of fanscores from the queue: several at once, each kept in hand while it is worked on."""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog

from domain.model.errors import Unavailable
from domain.usecases.retry_scores import RetryScores
from entrypoints.origin import set_origin
from ports.queues import Delivery

T = TypeVar("T")

AT_ONCE: Final = 10
"""Jobs in one worker's hands."""
POLL: Final = timedelta(seconds=5)
"""SQS would wait for 20, but a poll cannot be called off, and so a worker that is to stop has to wait for it."""
AT_ONCE_AGAIN: Final = timedelta(0)
HAND_BACK_SECONDS: Final = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long everything may take, in seconds."""

    extend_every: float = 20
    extend_by: float = 60
    """From then on; three times as long, so that two in a row may fail."""
    first_pause: float = 1
    longest_pause: float = 60
    """While somebody does not answer."""
    finish: float = 25
    """For what is in hand when we are to stop."""


async def retry_scores(
    retry: RetryScores, stop: asyncio.Event, *, once: bool, patience: Patience | None = None
) -> None:
    """Do what is due until ``stop`` is set; with ``once``, only what is due now."""
    if retry.fanscore.asks:
        await _Lane(retry=retry, stop=stop, once=once, patience=patience or Patience()).run()


@dataclass(slots=True, kw_only=True)
class _Lane:
    """While fanscore (or the store) does not answer, nothing more is received: what is in hand is kept in hand and
    tried again with growing pauses. So an outage uses up nobody's attempts, however long it is."""

    retry: RetryScores
    stop: asyncio.Event
    once: bool
    patience: Patience
    hands: set["asyncio.Task[None]"] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever was asked last has answered."""
    received: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing is being received: what is handed back does not come back to us."""

    async def run(self) -> None:
        self.answered.set()
        self.received.set()
        pauses = _Pauses(self.patience)
        ending = asyncio.create_task(self._end())
        try:
            while not self.stop.is_set():
                try:
                    await self._take()
                    pauses.over()
                except Unavailable as error:
                    _hindered(error)
                    await self._unless_stopped(asyncio.sleep(pauses.next()))
                except Exception:
                    log.exception("score_retry.not_received")  # The next poll may go well.
                    await self._unless_stopped(asyncio.sleep(pauses.next()))
                if self.once:
                    return
        finally:
            await asyncio.gather(*self.hands, return_exceptions=True)
            ending.cancel()

    async def _end(self) -> None:
        """Told to stop, what is in hand has some time to be finished; the rest is handed back."""
        await self.stop.wait()
        await asyncio.sleep(self.patience.finish)
        for hand in self.hands:
            hand.cancel()

    async def _take(self) -> None:
        """As many jobs as there are hands free."""
        if len(self.hands) >= AT_ONCE:
            await self._unless_stopped(asyncio.wait(self.hands, return_when=asyncio.FIRST_COMPLETED))
        await self._unless_stopped(self.answered.wait())
        wait = AT_ONCE_AGAIN if self.once else POLL
        self.received.clear()
        try:
            taken = await self._unless_stopped(self.retry.queue.receive(AT_ONCE - len(self.hands), wait))
        finally:
            self.received.set()
        for delivery in taken or ():
            hand = asyncio.create_task(self._work(delivery))
            self.hands.add(hand)
            hand.add_done_callback(self.hands.discard)

    async def _work(self, delivery: Delivery) -> None:
        set_origin(delivery.job.origin)
        keeping = asyncio.create_task(self._keep(delivery))
        try:
            if not await self._insist(delivery):
                await self.received.wait()
                await self._hand_back(delivery)
        except asyncio.CancelledError:
            await self._hand_back(delivery)
            raise
        except Exception:
            # The job comes again, and ends in the dead letters.
            log.exception("score_retry.failed", job=delivery.job.id, attempt=delivery.attempt)
        finally:
            keeping.cancel()

    async def _insist(self, delivery: Delivery) -> bool:
        """Until somebody answers. False if we were to stop before that."""
        pauses = _Pauses(self.patience)
        while not self.stop.is_set():
            try:
                done = await self.retry(delivery)
            except Unavailable as error:
                if self.answered.is_set():  # One line for all hands.
                    _hindered(error)
                self.answered.clear()
            else:
                self.answered.set()
                log.info("score_retry.done" if done else "score_retry.put_off", **_names(delivery))
                return True
            if self.once:
                return False
            await self._unless_stopped(asyncio.sleep(pauses.next()))
        return False

    async def _keep(self, delivery: Delivery) -> None:
        """Nobody else is given it meanwhile. If that fails somebody may be, who finds the same."""
        while True:
            await asyncio.sleep(self.patience.extend_every)
            with suppress(Unavailable):
                await self.retry.queue.extend(delivery, timedelta(seconds=self.patience.extend_by))

    async def _hand_back(self, delivery: Delivery) -> None:
        """Somebody else may have it at once."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(HAND_BACK_SECONDS):
                await self.retry.queue.postpone(delivery, AT_ONCE_AGAIN)

    async def _unless_stopped(self, what: Coroutine[Any, Any, T]) -> T | None:
        """Its result; None, and nothing more of it, once we are to stop."""
        doing, stopping = asyncio.create_task(what), asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.wait({doing, stopping})


class _Pauses:
    """Longer and longer, and never the same for all workers."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._seconds = patience.first_pause

    def next(self) -> float:
        seconds = self._seconds * random.uniform(0.5, 1)
        self._seconds = min(2 * self._seconds, self._patience.longest_pause)
        return seconds

    def over(self) -> None:
        self._seconds = self._patience.first_pause


def _hindered(error: Unavailable) -> None:
    log.warning("worker.hindered", **error.logged)


def _names(delivery: Delivery) -> dict[str, str | int]:
    job = delivery.job
    names: dict[str, str | int] = {"job": job.id, "campaign_id": job.campaign_id, "attempt": delivery.attempt}
    return names | ({"request_id": job.origin.request_id} if job.origin.request_id else {})
