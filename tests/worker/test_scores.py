"""Retries of fanscores in a worker: several at once, kept in flight, patient, handed back at the end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.memory.entries import MemoryEntryStore
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.queues import MemoryQueue
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.messages import RequestContext
from domain.model.messaging.relaying import Channel
from domain.model.registrations.entry import EntryEvent
from domain.usecases.messaging.retry_scores import RetryScores
from entrypoints.worker.jobs_in_flight import Patience
from entrypoints.worker.scores import AT_ONCE as AT_ONCE_IN_LANE
from entrypoints.worker.scores import retry_scores
from ports.messaging import Delivery, Depth, Lane, PutOff, ScoreRetry
from ports.system import current_request
from tests.support.codes import ManualClock
from tests.support.neighbours import MemoryFanscore
from tests.support.registrations import NOON, TOUR, an_entry

NOW = timedelta(0)
AT_ONCE = AT_ONCE_IN_LANE[Lane.NEW]
QUICK = Patience(extend_every=0.02, extend_by=0.1, first_pause=0.01, longest_pause=0.05, finish=0.3)


class Fanscore(MemoryFanscore):
    """A fanscore that counts its requests, and can be made slow."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.requests: Counter[str] = Counter()
        self.in_progress = 0
        self.most_at_once = 0
        self.breaks: set[UserId] = set()

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        self.requests[user_id] += 1
        if user_id in self.breaks:
            raise ZeroDivisionError
        self.in_progress += 1
        self.most_at_once = max(self.most_at_once, self.in_progress)
        try:
            await self.go.wait()
        finally:
            self.in_progress -= 1
        return await super().ask(user_id, campaign_id)


class Queue(MemoryQueue):
    """A queue that counts its calls, and can be made to fail."""

    def __init__(self, *, in_flight: timedelta = timedelta(seconds=60)) -> None:
        super().__init__(attempts=3, in_flight=in_flight)
        self.receives = 0
        self.reports = 0
        self.down = False
        self.not_extended: list[Exception] = []
        self.fails = 0
        """So many reports fail first."""

    def _report(self) -> None:
        self.reports += 1
        if self.reports <= self.fails:
            raise Unavailable("queue")

    async def receive(self, lane: Lane, limit: int, wait: timedelta) -> Sequence[Delivery]:
        self.receives += 1
        if self.down:
            raise Unavailable("queue")
        return await super().receive(lane, limit, wait)

    async def extend(self, deliveries: Sequence[Delivery], by: timedelta) -> None:
        if deliveries and self.not_extended:
            raise self.not_extended.pop()
        await super().extend(deliveries, by)

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        self._report()
        await super().done(deliveries)

    async def postpone(self, put_off: Sequence[PutOff]) -> None:
        self._report()
        await super().postpone(put_off)


@dataclass(slots=True)
class Office:
    entries: MemoryEntryStore = field(default_factory=lambda: MemoryEntryStore(request=current_request))
    fanscore: Fanscore = field(default_factory=Fanscore)
    queue: Queue = field(default_factory=Queue)

    async def register(self, *fans: str, known: bool = True) -> None:
        """Register fans, each with a job of the same name."""
        for fan in map(UserId, fans):
            entry = an_entry(fan).with_event(EntryEvent.CREATED, NOON)
            await self.entries.change(TOUR, fan, lambda _, entry=entry: entry)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            if known:
                self.fanscore.put(fan, 0.5)
            request = RequestContext(request_id=f"request-{fan}")
            await self.queue.send([ScoreRetry(id=fan, campaign_id=TOUR, user_id=fan, request=request)])

    @property
    def scored(self) -> set[str]:
        return {user for user, entry in self.entries.all_of(TOUR).items() if entry.fanscore is not None}

    @property
    def retry(self) -> RetryScores:
        return RetryScores(fanscore=self.fanscore, entries=self.entries, clock=ManualClock(NOON))

    @asynccontextmanager
    async def at_work(self, patience: Patience = QUICK) -> AsyncIterator[Callable[[], None]]:
        """Run the worker until the block ends, or until the yielded function is called."""
        stop = asyncio.Event()
        working = asyncio.create_task(retry_scores(self.retry, self.queue, stop, once=False, patience=patience))
        try:
            yield stop.set
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await working


@pytest.fixture
async def office() -> Office:
    return Office()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


def fans(count: int) -> list[str]:
    return [f"fan-{number}" for number in range(count)]


async def test_several_scores_are_requested_at_once_and_never_too_many(office: Office) -> None:
    office.fanscore.go.clear()
    await office.register(*fans(AT_ONCE + 15))
    async with office.at_work():
        await until(lambda: office.fanscore.in_progress == AT_ONCE)
        office.fanscore.go.set()
        await until(lambda: len(office.fanscore.requests) == AT_ONCE + 15)

    assert office.scored == set(fans(AT_ONCE + 15))
    assert office.fanscore.most_at_once == AT_ONCE
    assert await office.queue.depth() == Depth(waiting=0, dead=0)


async def test_results_of_many_jobs_are_reported_in_few_calls(office: Office) -> None:
    await office.register(*fans(100))
    await office.register(*(f"unknown-{number}" for number in range(100)), known=False)
    async with office.at_work():
        await until(lambda: len(office.fanscore.requests) == 200)

    assert await office.queue.depth() == Depth(waiting=100, dead=0)
    assert office.queue.reports <= 20


async def test_a_new_job_waits_for_no_old_ones(office: Office) -> None:
    """Old jobs may be many, and slow: they never use all jobs in flight."""
    await office.register(*(f"old-{number}" for number in range(300)), known=False)
    old = await office.queue.receive(Lane.NEW, 300, NOW)
    await office.queue.postpone([(delivery, NOW) for delivery in old])
    office.fanscore.go.clear()
    async with office.at_work():
        await until(lambda: office.fanscore.in_progress == AT_ONCE_IN_LANE[Lane.PUT_OFF])
        await office.register("new")
        await until(lambda: office.fanscore.requests["new"] == 1)
        assert office.fanscore.in_progress == AT_ONCE_IN_LANE[Lane.PUT_OFF] + 1
        office.fanscore.go.set()
        await until(lambda: office.scored == {"new"})


@pytest.mark.parametrize("calls", ["done", "postpone"])
async def test_a_report_that_fails_is_repeated(office: Office, calls: str) -> None:
    office.queue.fails = 2
    await office.register("ann", known=calls == "done")
    async with office.at_work():
        await until(lambda: office.queue.reports == 3)

    assert (await office.queue.depth()).waiting == (0 if calls == "done" else 1)
    assert office.fanscore.requests == {"ann": 1}


async def test_the_request_id_of_the_job_is_in_the_event(office: Office) -> None:
    await office.register("ann")
    async with office.at_work():
        await until(lambda: office.fanscore.requests["ann"] == 1)

    outbox = MemoryOutbox(office.entries)
    created, updated = await outbox.pending(Channel.EVENTS, range(PARTITIONS), 10, NOON)
    assert created.request == RequestContext()
    assert (updated.about, updated.request) == (EntryEvent.UPDATED, RequestContext(request_id="request-ann"))


@pytest.mark.parametrize("error", [None, Unavailable("queue"), RuntimeError("broken")], ids=repr)
async def test_a_slow_job_is_kept_in_flight(office: Office, error: Exception | None) -> None:
    """Its time would run out many times; one extension fails."""
    office.queue = Queue(in_flight=timedelta(seconds=0.5))
    office.queue.not_extended = [error] if error else []
    office.fanscore.go.clear()
    await office.register("slow")
    with capture_logs():
        async with office.at_work(Patience(extend_every=0.05, extend_by=0.5)):
            await until(lambda: office.fanscore.in_progress == 1)
            await asyncio.sleep(1)
            assert await office.queue.receive(Lane.NEW, 10, NOW) == []
            office.fanscore.go.set()
            await until(lambda: office.fanscore.in_progress == 0)

    assert office.fanscore.requests == {"slow": 1}
    assert await office.queue.depth() == Depth(waiting=0, dead=0)


async def test_a_job_that_outlasts_its_time_is_done_twice_and_recorded_once(office: Office) -> None:
    office.queue = Queue(in_flight=timedelta(seconds=0.1))
    office.fanscore.go.clear()
    await office.register("ann")
    never = Patience(extend_every=60, finish=5)
    async with office.at_work(never):
        await until(lambda: office.fanscore.in_progress == 2)
        office.fanscore.go.set()
        await until(lambda: office.fanscore.in_progress == 0)

    assert office.entries.all_of(TOUR)[UserId("ann")].revision == 2
    assert await office.queue.depth() == Depth(waiting=0, dead=0)


async def test_an_outage_uses_up_no_attempts_and_nothing_more_is_received(office: Office) -> None:
    office.fanscore.answer(answers=False)
    await office.register(*fans(AT_ONCE + 5))
    async with office.at_work():
        await until(lambda: sum(office.fanscore.requests.values()) >= 5 * AT_ONCE)
        assert len(office.fanscore.requests) == AT_ONCE, "the others are left where they are"
        assert await office.queue.depth() == Depth(waiting=AT_ONCE + 5, dead=0)
        office.fanscore.answer(answers=True)
        await until(lambda: office.scored == set(fans(AT_ONCE + 5)))

    assert office.queue.dead == []


async def test_while_fanscore_does_not_answer_no_more_jobs_are_received(office: Office) -> None:
    office.fanscore.answer(answers=False)
    await office.register("first")
    async with office.at_work():
        await until(lambda: office.fanscore.requests["first"] > 1)
        await office.register(*fans(5))
        await until(lambda: office.fanscore.requests["first"] > 9)
        assert len(office.fanscore.requests) == 1
        office.fanscore.answer(answers=True)
        await until(lambda: len(office.scored) == 6)


async def test_a_queue_that_is_down_is_tried_again_with_growing_pauses(office: Office) -> None:
    office.queue.down = True
    await office.register("ann")
    async with office.at_work():
        with capture_logs() as logged:
            await until(lambda: office.queue.receives >= 3)
        office.queue.down = False
        await until(lambda: office.fanscore.requests["ann"] == 1)

    assert {line["event"] for line in logged} == {"worker.hindered"}
    assert office.scored == {"ann"}


async def test_a_job_that_cannot_be_done_stops_no_other(office: Office) -> None:
    office.fanscore.breaks.add(UserId("poison"))
    await office.register("poison", "ann")
    async with office.at_work():
        with capture_logs() as logged:
            await until(lambda: len(office.fanscore.requests) == 2)
        await office.register("bob")
        await until(lambda: office.fanscore.requests["bob"] == 1)

    assert office.scored == {"ann", "bob"}
    assert "score_retry.failed" in [line["event"] for line in logged]
    assert (await office.queue.depth()).waiting == 1


async def test_after_a_stop_signal_it_finishes_the_jobs_in_flight(office: Office) -> None:
    office.fanscore.go.clear()
    await office.register("ann")
    async with office.at_work(Patience(finish=5)) as stop:
        await until(lambda: office.fanscore.in_progress == 1)
        stop()
        await asyncio.sleep(0.05)
        office.fanscore.go.set()

    assert office.scored == {"ann"}
    assert await office.queue.depth() == Depth(waiting=0, dead=0)


async def test_jobs_that_cannot_be_finished_in_time_are_handed_back_at_once(office: Office) -> None:
    office.fanscore.go.clear()
    await office.register("ann")
    async with office.at_work() as stop:
        await until(lambda: office.fanscore.in_progress == 1)
        stop()

    (again,) = await office.queue.receive(Lane.NEW, 10, NOW)
    assert (again.job.id, again.attempt) == ("ann", 2)


async def test_during_an_outage_it_stops_at_once_and_hands_back_its_jobs(office: Office) -> None:
    office.fanscore.answer(answers=False)
    await office.register(*fans(3))
    patient = Patience(first_pause=60, longest_pause=60, finish=60)
    async with office.at_work(patient) as stop:
        await until(lambda: len(office.fanscore.requests) == 3)
        stop()

    assert len(await office.queue.receive(Lane.NEW, 10, NOW)) == 3


async def test_while_it_waits_for_jobs_it_stops_at_once(office: Office) -> None:
    async with office.at_work(Patience()) as stop:
        await until(lambda: office.queue.receives == 2)
        stop()


async def test_without_a_fanscore_service_the_queue_is_left_alone(office: Office) -> None:
    office.fanscore._configured = False
    await office.register("ann")

    await retry_scores(office.retry, office.queue, asyncio.Event(), once=False)

    assert office.queue.receives == 0


async def test_a_drain_does_what_is_due_and_returns(office: Office) -> None:
    await office.register("ann")
    await office.register("bob", known=False)

    await retry_scores(office.retry, office.queue, asyncio.Event(), once=True)

    assert office.scored == {"ann"}
    assert await office.queue.depth() == Depth(waiting=1, dead=0)
    await retry_scores(office.retry, office.queue, asyncio.Event(), once=True)
