"""Uploads of scores: batches of one upload are one upload."""

from collections.abc import AsyncIterator, Sequence

from adapters.memory.entries import MemoryEntryStore
from domain.model.registrations.scoring import Scored, ScoreProblem, ScoreRecord, ScoreRefusal
from domain.usecases.registrations.score_entries import BATCH, ScoreEntries
from tests.contracts.registrations.entry_stores import NOW, TOUR, becoming, fan, phone, registered
from tests.support.codes import ManualClock

Record = ScoreRecord | ScoreProblem


async def _uploaded(store: MemoryEntryStore, records: Sequence[Record]) -> Scored:
    async def stream() -> AsyncIterator[Record]:
        for record in records:
            yield record

    return await ScoreEntries(scores=store, clock=ManualClock(NOW))(TOUR, stream())


def _record(number: int, line: int) -> ScoreRecord:
    return ScoreRecord(user_id=fan(number), score=line % 100, line=line)


async def _with_fans() -> MemoryEntryStore:
    store = MemoryEntryStore()
    for number in range(BATCH):
        entry = registered(fan(number), phone(number), confirmed=True)
        await store.change(TOUR, fan(number), becoming(entry))
    return store


async def test_a_fan_who_comes_again_is_repeated_in_whatever_batch() -> None:
    store = await _with_fans()
    once = [_record(number, number + 1) for number in range(BATCH)]

    for _ in "ab":
        scored = await _uploaded(store, [*once, _record(0, BATCH + 1), _record(1, BATCH + 2)])

        assert scored.problems == (
            ScoreProblem(fan(0), ScoreRefusal.REPEATED, BATCH + 1),
            ScoreProblem(fan(1), ScoreRefusal.REPEATED, BATCH + 2),
        )
        assert scored.rejected == 0
    assert (await _uploaded(store, once)).problems == ()


async def test_problems_come_by_line() -> None:
    store = await _with_fans()
    unread = ScoreProblem(None, ScoreRefusal.COLUMNS, 2)

    scored = await _uploaded(store, [_record(9_998, 1), unread, _record(9_999, 3), _record(1, 4), _record(1, 5)])

    assert [(problem.line, problem.reason) for problem in scored.problems] == [
        (1, "no_entry"),
        (2, "columns"),
        (3, "no_entry"),
        (5, "repeated"),
    ]
    assert (scored.upserted, scored.unchanged, scored.rejected) == (1, 1, 3)
