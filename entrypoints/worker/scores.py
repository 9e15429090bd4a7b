"""Taking retries of fanscores from the queue: many at once, new jobs apart from those that were put off."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog

from domain.model.errors import Unavailable
from domain.usecases.messaging.retry_scores import RetryScores
from entrypoints.worker.jobs_in_flight import InHand, Patience, Pauses, hindered
from ports.messaging import Delivery, Lane, Queue
from ports.system import set_current_request

T = TypeVar("T")

AT_ONCE: Final[Mapping[Lane, int]] = {Lane.NEW: 60, Lane.PUT_OFF: 40}
"""Jobs in one worker's hands: a hundred, and old ones never take the places of new ones."""
WORTH_ASKING_FOR: Final = 10
"""SQS hands out ten in one call: fewer places free are not worth one."""
POLL: Final = timedelta(seconds=5)
"""SQS would wait for 20, but a poll cannot be called off, and so a worker that is to stop has to wait for it."""
NO_WAIT: Final = timedelta(0)

log = structlog.get_logger()


async def retry_scores(
    retry: RetryScores, queue: Queue, stop: asyncio.Event, *, once: bool, patience: Patience | None = None
) -> None:
    """Do what is due until ``stop`` is set; with ``once``, only what is due now."""
    if retry.fanscore.configured:
        patience = patience or Patience()
        hands = InHand(queue, patience)
        await _Retries(retry=retry, queue=queue, stop=stop, once=once, patience=patience, hands=hands).run()


@dataclass(slots=True, kw_only=True)
class _Retries:
    """While fanscore (or the store) does not answer, nothing more is received: what is in hand is kept in hand and
    tried again with growing pauses. So an outage uses up nobody's attempts, however long it is."""

    retry: RetryScores
    queue: Queue
    stop: asyncio.Event
    once: bool
    patience: Patience
    hands: InHand
    working: set["asyncio.Task[None]"] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever was asked last has answered."""

    async def run(self) -> None:
        self.answered.set()
        helpers = [asyncio.create_task(self._end()), asyncio.create_task(self.hands.keep())]
        try:
            await asyncio.gather(*(self._serve(lane) for lane in Lane))
        finally:
            await asyncio.gather(*self.working, return_exceptions=True)
            for helper in helpers:
                helper.cancel()
            # Only now: what is handed back while we still receive would come back to us.
            await self.hands.close()

    async def _end(self) -> None:
        """Told to stop, what is in hand has some time to be finished; the rest is handed back."""
        await self.stop.wait()
        await asyncio.sleep(self.patience.finish)
        for work in self.working:
            work.cancel()

    async def _serve(self, lane: Lane) -> None:
        pauses = Pauses(self.patience)
        while not self.stop.is_set():
            try:
                taken = await self._take(lane)
                pauses.over()
            except Unavailable as error:
                hindered(error)
                taken = await self._unless_stopped(asyncio.sleep(pauses.next(), ()))
            except Exception:
                log.exception("score_retry.not_received")  # The next poll may go well.
                taken = await self._unless_stopped(asyncio.sleep(pauses.next(), ()))
            if self.once and not taken:
                return

    async def _take(self, lane: Lane) -> Sequence[Delivery] | None:
        """As many jobs as there is room for."""
        await self._room(lane)
        if self.once and not self.answered.is_set():
            return None
        await self._unless_stopped(self.answered.wait())
        wait = NO_WAIT if self.once else POLL
        limit = AT_ONCE[lane] - self.hands.count()[lane]
        taken = await self._unless_stopped(self.queue.receive(lane, limit, wait))
        for delivery in taken or ():
            self.hands.take(delivery)
            work = asyncio.create_task(self._work(delivery))
            self.working.add(work)
            work.add_done_callback(self.working.discard)
        return taken

    async def _room(self, lane: Lane) -> None:
        while AT_ONCE[lane] - self.hands.count()[lane] < WORTH_ASKING_FOR and not self.stop.is_set():
            self.hands.freed.clear()
            await self._unless_stopped(self.hands.freed.wait())

    async def _work(self, delivery: Delivery) -> None:
        set_current_request(delivery.job.request)
        try:
            if not await self._insist(delivery):
                self.hands.hand_back(delivery)
        except asyncio.CancelledError:
            self.hands.hand_back(delivery)
            raise
        except Exception:
            # The job comes again, and ends in the dead letters.
            log.exception("score_retry.failed", job=delivery.job.id, attempt=delivery.attempt)
            self.hands.drop(delivery)

    async def _insist(self, delivery: Delivery) -> bool:
        """Until somebody answers. False if we were to stop before that."""
        pauses = Pauses(self.patience)
        while not self.stop.is_set():
            try:
                again_after = await self.retry(delivery)
            except Unavailable as error:
                if self.answered.is_set():  # One line for all hands.
                    hindered(error)
                self.answered.clear()
            else:
                self.answered.set()
                log.info("score_retry.done" if again_after is None else "score_retry.put_off", **_names(delivery))
                self.hands.settle(delivery, again_after)
                return True
            if self.once:
                return False
            await self._unless_stopped(asyncio.sleep(pauses.next()))
        return False

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


def _names(delivery: Delivery) -> dict[str, str | int]:
    job = delivery.job
    names: dict[str, str | int] = {"job": job.id, "campaign_id": job.campaign_id, "attempt": delivery.attempt}
    return names | ({"request_id": job.request.request_id} if job.request.request_id else {})
