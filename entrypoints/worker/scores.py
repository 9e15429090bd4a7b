"""The part of the worker that retries fanscores: many jobs at once, new ones apart from old ones."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog

from domain.model.errors import Unavailable
from domain.usecases.messaging.retry_scores import RetryScores
from entrypoints.worker.jobs_in_flight import JobsInFlight, Patience, Pauses, log_hindered
from ports.messaging import Delivery, Lane, Queue
from ports.system import set_current_request

T = TypeVar("T")

AT_ONCE: Final[Mapping[Lane, int]] = {Lane.NEW: 60, Lane.PUT_OFF: 40}
"""Jobs in flight in one worker: a hundred, and jobs that were put off never take the room of new ones."""
WORTH_ASKING_FOR: Final = 10
"""SQS hands out ten jobs in one call: room for fewer is not worth a call."""
POLL: Final = timedelta(seconds=5)
"""SQS would wait for 20 seconds. But a poll cannot be cancelled: a worker that stops waits for its end."""
NO_WAIT: Final = timedelta(0)

log = structlog.get_logger()


async def retry_scores(
    retry: RetryScores, queue: Queue, stop: asyncio.Event, *, once: bool, patience: Patience | None = None
) -> None:
    """Do the jobs that are due until ``stop`` is set; with ``once``, only those that are due now."""
    if retry.fanscore.configured:
        patience = patience or Patience()
        jobs = JobsInFlight(queue, patience)
        await _Retries(retry=retry, queue=queue, stop=stop, once=once, patience=patience, jobs=jobs).run()


@dataclass(slots=True, kw_only=True)
class _Retries:
    """While fanscore or the store does not answer, no more jobs are received: those in flight are kept and tried
    again, with growing pauses. So an outage uses up no attempts, however long it lasts."""

    retry: RetryScores
    queue: Queue
    stop: asyncio.Event
    once: bool
    patience: Patience
    jobs: JobsInFlight
    working: set["asyncio.Task[None]"] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the last call was answered."""

    async def run(self) -> None:
        self.answered.set()
        helpers = [asyncio.create_task(self._end()), asyncio.create_task(self.jobs.keep())]
        try:
            await asyncio.gather(*(self._serve(lane) for lane in Lane))
        finally:
            await asyncio.gather(*self.working, return_exceptions=True)
            for helper in helpers:
                helper.cancel()
            # Only now: a job that is handed back while this worker still receives would come back to it.
            await self.jobs.close()

    async def _end(self) -> None:
        """After the stop, the jobs in flight may be finished for a while; the rest is handed back."""
        await self.stop.wait()
        await asyncio.sleep(self.patience.finish)
        for work in self.working:
            work.cancel()

    async def _serve(self, lane: Lane) -> None:
        pauses = Pauses(self.patience)
        while not self.stop.is_set():
            try:
                taken = await self._take(lane)
                pauses.reset()
            except Unavailable as error:
                log_hindered(error)
                taken = await self._unless_stopped(asyncio.sleep(pauses.next(), ()))
            except Exception:
                log.exception("score_retry.not_received")  # The next poll may go well.
                taken = await self._unless_stopped(asyncio.sleep(pauses.next(), ()))
            if self.once and not taken:
                return

    async def _take(self, lane: Lane) -> Sequence[Delivery] | None:
        """Receive as many jobs as there is room for."""
        await self._room(lane)
        if self.once and not self.answered.is_set():
            return None
        await self._unless_stopped(self.answered.wait())
        wait = NO_WAIT if self.once else POLL
        limit = AT_ONCE[lane] - self.jobs.count()[lane]
        taken = await self._unless_stopped(self.queue.receive(lane, limit, wait))
        for delivery in taken or ():
            self.jobs.add(delivery)
            work = asyncio.create_task(self._work(delivery))
            self.working.add(work)
            work.add_done_callback(self.working.discard)
        return taken

    async def _room(self, lane: Lane) -> None:
        while AT_ONCE[lane] - self.jobs.count()[lane] < WORTH_ASKING_FOR and not self.stop.is_set():
            self.jobs.freed.clear()
            await self._unless_stopped(self.jobs.freed.wait())

    async def _work(self, delivery: Delivery) -> None:
        set_current_request(delivery.job.request)
        try:
            if not await self._insist(delivery):
                self.jobs.hand_back(delivery)
        except asyncio.CancelledError:
            self.jobs.hand_back(delivery)
            raise
        except Exception:
            # The queue hands the job out again, until it is a dead letter.
            log.exception("score_retry.failed", job=delivery.job.id, attempt=delivery.attempt)
            self.jobs.drop(delivery)

    async def _insist(self, delivery: Delivery) -> bool:
        """Try until there is an answer. False if the worker stops before that."""
        pauses = Pauses(self.patience)
        while not self.stop.is_set():
            try:
                again_after = await self.retry(delivery)
            except Unavailable as error:
                if self.answered.is_set():  # One line for all jobs.
                    log_hindered(error)
                self.answered.clear()
            else:
                self.answered.set()
                log.info(
                    "score_retry.done" if again_after is None else "score_retry.put_off", **_log_fields(delivery)
                )
                self.jobs.settle(delivery, again_after)
                return True
            if self.once:
                return False
            await self._unless_stopped(asyncio.sleep(pauses.next()))
        return False

    async def _unless_stopped(self, call: Coroutine[Any, Any, T]) -> T | None:
        """Its result; or None, and it is cancelled, once the worker is told to stop."""
        doing, stopping = asyncio.create_task(call), asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.wait({doing, stopping})


def _log_fields(delivery: Delivery) -> dict[str, str | int]:
    job = delivery.job
    fields: dict[str, str | int] = {"job": job.id, "campaign_id": job.campaign_id, "attempt": delivery.attempt}
    return fields | ({"request_id": job.request.request_id} if job.request.request_id else {})
