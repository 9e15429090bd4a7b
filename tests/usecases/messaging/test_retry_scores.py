"""Retries of fanscores: a score is stored and published once, however often and late the job comes."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.memory.entries import MemoryEntryStore
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent
from domain.usecases.messaging.retry_scores import RetryScores, delay_after
from ports.messaging import Delivery, ScoreRetry
from tests.support.codes import ManualClock
from tests.support.neighbours import MemoryFanscore
from tests.support.registrations import ANN, NOON, TOUR, an_entry


class BusyFanscore(MemoryFanscore):
    """While it is asked, another job stores the score first."""

    def __init__(self, entries: MemoryEntryStore, theirs: float) -> None:
        super().__init__({ANN: 0.5})
        self._entries = entries
        self._theirs = theirs

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        await self._entries.change(
            TOUR,
            ANN,
            lambda entry: _there(entry).account_scored(self._theirs).with_event(EntryEvent.UPDATED, NOON),
        )
        return await super().ask(user_id, campaign_id)


class WithdrawingFanscore(MemoryFanscore):
    """While it is asked, the fan withdraws."""

    def __init__(self, entries: MemoryEntryStore) -> None:
        super().__init__({ANN: 0.5})
        self._entries = entries

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        await self._entries.withdraw(campaign_id, user_id, NOON)
        return await super().ask(user_id, campaign_id)


def _there(entry: Entry | None) -> Entry:
    assert entry is not None
    return entry


@dataclass(slots=True)
class Office:
    entries: MemoryEntryStore = field(default_factory=MemoryEntryStore)
    fanscore: MemoryFanscore = field(default_factory=MemoryFanscore)

    async def register(self, fanscore: float | None = None) -> None:
        entry = an_entry()
        if fanscore is not None:
            entry = entry.account_scored(fanscore)
        await self.entries.change(
            TOUR, ANN, lambda _: entry.with_event(EntryEvent.CREATED, NOON, BackgroundTask.RETRY_FANSCORE)
        )

    async def retry(self) -> timedelta | None:
        """A job that is handed out for the first time."""
        retry = RetryScores(fanscore=self.fanscore, entries=self.entries, clock=ManualClock(NOON))
        return await retry(
            Delivery(job=ScoreRetry(id="job-1", campaign_id=TOUR, user_id=ANN), receipt="r", attempt=1)
        )

    async def entry(self) -> tuple[int, float | None]:
        """Its revision and its fanscore."""
        entry = _there(await self.entries.get(TOUR, ANN))
        return entry.revision, entry.fanscore


@pytest.fixture
async def office() -> Office:
    return Office()


async def test_a_score_that_is_known_now_is_stored_and_published(office: Office) -> None:
    await office.register()
    office.fanscore.put(ANN, 0.82)

    assert await office.retry() is None

    assert await office.entry() == (2, 0.82)


async def test_a_score_that_is_not_known_yet_is_retried_later(office: Office) -> None:
    await office.register()

    assert await office.retry() is not None

    assert await office.entry() == (1, None)


async def test_the_same_job_again_changes_nothing(office: Office) -> None:
    await office.register()
    office.fanscore.put(ANN, 0.82)
    for _ in range(3):
        assert await office.retry() is None

    assert await office.entry() == (2, 0.82)


async def test_a_late_job_uses_the_current_entry(office: Office) -> None:
    await office.register(fanscore=0.4)
    office.fanscore.put(ANN, 0.9)

    assert await office.retry() is None

    assert await office.entry() == (2, 0.9)


async def test_a_stored_score_stays_when_no_new_one_is_known(office: Office) -> None:
    """A change of the registration asked for a score again and got none: nothing is missing."""
    await office.register(fanscore=0.4)

    assert await office.retry() is None

    assert await office.entry() == (1, 0.4)


@pytest.mark.parametrize("theirs", [0.5, 0.7])
async def test_a_score_that_was_stored_during_the_request_stays(office: Office, theirs: float) -> None:
    """Two with the same job, as when the time of the first ran out: one change, one event."""
    await office.register()
    office.fanscore = BusyFanscore(office.entries, theirs)

    assert await office.retry() is None

    assert await office.entry() == (2, theirs)


async def test_without_an_answer_the_job_stays_in_flight_and_can_be_repeated(office: Office) -> None:
    await office.register()
    office.fanscore.put(ANN, 0.82)
    office.fanscore.answer(answers=False)
    for _ in range(9):
        with pytest.raises(Unavailable):
            await office.retry()

    office.fanscore.answer(answers=True)

    assert await office.retry() is None
    assert await office.entry() == (2, 0.82)


async def test_a_job_without_an_entry_is_done(office: Office) -> None:
    """The entry was withdrawn."""
    office.fanscore.put(ANN, 0.82)

    assert await office.retry() is None
    await office.register()
    await office.entries.withdraw(TOUR, ANN, NOON)
    assert await office.retry() is None
    assert await office.entries.get(TOUR, ANN) is None


async def test_a_score_that_comes_after_the_withdrawal_changes_nothing(office: Office) -> None:
    await office.register()
    office.fanscore = WithdrawingFanscore(office.entries)

    assert await office.retry() is None
    assert await office.entries.get(TOUR, ANN) is None


def test_delays_grow_to_a_quarter_of_an_hour_and_differ() -> None:
    for attempt, seconds in [(1, 2), (2, 4), (5, 32), (9, 512)]:
        delays = {delay_after(attempt).total_seconds() for _ in range(100)}
        assert 0.75 * seconds <= min(delays) < max(delays) <= 1.25 * seconds
    assert max(delay_after(attempt) for attempt in range(1, 1_001)) == timedelta(seconds=900)
