"""What every Scores promises."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from domain.model.ids import UserId, new_id
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from domain.model.registrations.scoring import MAX_PROBLEMS, Scored, ScoreProblem, ScoreRecord, ScoreRefusal
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    becoming,
    existing,
    fan,
    phone,
    registered,
    store,
    waiting,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

LATER = NOW + timedelta(minutes=1)
SELECTED = Selection.SELECTED


def _record(number: int, score: float, selection: Selection | None = None) -> ScoreRecord:
    return ScoreRecord(user_id=fan(number), score=score, selection=selection)


async def _put(ports: EntryPorts, *records: ScoreRecord) -> Scored:
    """An upload of its own."""
    return await ports.scores.put(TOUR, records, LATER, upload=new_id())


async def _confirmed(ports: EntryPorts, *numbers: int) -> None:
    await store(ports, *(registered(fan(number), phone(number), confirmed=True) for number in numbers))


async def _entry(ports: EntryPorts, number: int) -> Entry:
    entry = await ports.entries.get(TOUR, fan(number))
    assert entry is not None
    return entry


async def _messages(ports: EntryPorts) -> list[tuple[UserId, object]]:
    return [(message.user_id, message.about) for message in await waiting(ports)]


async def _eligible(ports: EntryPorts, *selections: Selection) -> int:
    return (await ports.queries.eligible(TOUR, Query(selections=selections or tuple(Selection)), [])).total


async def test_the_confirmed_are_scored_and_the_others_are_not(entry_ports: EntryPorts) -> None:
    """REQ-006."""
    await _confirmed(entry_ports, 1)
    await store(entry_ports, registered(fan(2), phone(2)))

    scored = await _put(entry_ports, _record(3, 30), _record(1, 10.5), _record(2, 20))

    assert scored == Scored(
        upserted=1,
        rejected=2,
        problems=(
            ScoreProblem(fan(3), ScoreRefusal.NO_ENTRY),
            ScoreProblem(fan(2), ScoreRefusal.PHONE_NOT_CONFIRMED),
        ),
    )
    assert [(await _entry(entry_ports, number)).score for number in (1, 2)] == [10.5, None]
    assert await entry_ports.entries.get(TOUR, fan(3)) is None


async def test_a_score_alone_makes_no_event(entry_ports: EntryPorts) -> None:
    await _confirmed(entry_ports, 1)
    before, messages = await _entry(entry_ports, 1), await _messages(entry_ports)

    await _put(entry_ports, _record(1, 10))

    after = await _entry(entry_ports, 1)
    assert after == replace(before, score=10, version=before.version + 1)
    assert await _messages(entry_ports) == messages


async def test_a_selection_is_published(entry_ports: EntryPorts) -> None:
    await _confirmed(entry_ports, 1, 2)
    before = await _entry(entry_ports, 1)

    scored = await _put(entry_ports, _record(1, 10, SELECTED), _record(2, 20, Selection.NONE))

    after = await _entry(entry_ports, 1)
    assert scored == Scored(upserted=2)
    assert (after.score, after.selection, after.revision) == (10, SELECTED, before.revision + 1)
    assert after.updated_at == LATER
    assert [one for one in await _messages(entry_ports) if one[1] == EntryEvent.SELECTED] == [
        (fan(1), EntryEvent.SELECTED)
    ]


async def test_the_same_again_changes_nothing(entry_ports: EntryPorts) -> None:
    records = [_record(1, 10), _record(2, 20, SELECTED), _record(3, 0)]
    await _confirmed(entry_ports, 1, 2, 3)
    await _put(entry_ports, *records)
    before = [await _entry(entry_ports, number) for number in (1, 2, 3)]

    assert await _put(entry_ports, *records) == Scored(unchanged=3)
    assert [await _entry(entry_ports, number) for number in (1, 2, 3)] == before


async def test_the_last_record_of_a_fan_decides(entry_ports: EntryPorts) -> None:
    await _confirmed(entry_ports, 1)

    scored = await _put(entry_ports, _record(1, 10, SELECTED), _record(9, 1), _record(1, 20), _record(9, 2))

    entry = await _entry(entry_ports, 1)
    assert (entry.score, entry.selection) == (20, SELECTED)
    assert (scored.received, scored.upserted, scored.unchanged, scored.rejected) == (4, 1, 1, 2)
    assert [problem.reason for problem in scored.problems] == ["no_entry", "repeated", "no_entry"]


async def test_a_fan_who_comes_again_in_the_same_upload_is_repeated(entry_ports: EntryPorts) -> None:
    """At any distance in the file, and also if the first record changed nothing."""
    await _confirmed(entry_ports, 1, 2, 3)
    await _put(entry_ports, _record(1, 10), _record(2, 20))

    for upload in ("one", "two"):
        first = [_record(1, 10), _record(2, 21), _record(3, 30)]
        assert (await entry_ports.scores.put(TOUR, first, LATER, upload=upload)).problems == ()
        again = [replace(_record(number, 50), line=number) for number in (3, 1, 2)]
        scored = await entry_ports.scores.put(TOUR, again, LATER, upload=upload)
        assert (scored.upserted, scored.rejected) == (3, 0)
        assert scored.problems == tuple(
            ScoreProblem(fan(number), ScoreRefusal.REPEATED, number) for number in (3, 1, 2)
        )
        await _put(entry_ports, _record(1, 10), _record(2, 20))


async def test_uploads_at_once_repeat_nothing_of_each_other(entry_ports: EntryPorts) -> None:
    numbers = range(20)
    await _confirmed(entry_ports, *numbers)

    for _ in range(5):
        uploads = await asyncio.gather(
            *(_put(entry_ports, *(_record(number, score) for number in numbers)) for score in range(4))
        )
        assert all(upload.problems == () for upload in uploads)


async def test_only_the_first_hundred_problems_are_listed(entry_ports: EntryPorts) -> None:
    scored = await _put(entry_ports, *(_record(number, 1) for number in range(MAX_PROBLEMS + 5)))

    assert scored.rejected == MAX_PROBLEMS + 5
    assert [problem.user_id for problem in scored.problems] == [fan(number) for number in range(MAX_PROBLEMS)]


async def test_nothing_to_put(entry_ports: EntryPorts) -> None:
    assert await _put(entry_ports) == Scored()


async def test_a_fan_with_a_new_number_is_not_eligible_until_it_is_confirmed(entry_ports: EntryPorts) -> None:
    """The score waits; nothing has to be written for it."""
    await _confirmed(entry_ports, 1)
    await _put(entry_ports, _record(1, 10))
    assert await _eligible(entry_ports) == 1

    def change_phone(entry: Entry) -> Entry:
        return entry.revise(replace(entry.details, phone=phone(2))).with_event(EntryEvent.UPDATED, NOW)

    await entry_ports.entries.change(TOUR, fan(1), existing(change_phone))
    assert await _eligible(entry_ports) == 0
    assert (await _put(entry_ports, _record(1, 11))).rejected == 1

    await entry_ports.entries.change(
        TOUR, fan(1), existing(lambda entry: entry.confirm(NOW).with_event(EntryEvent.PHONE_CONFIRMED, NOW))
    )
    assert await _eligible(entry_ports) == 1
    assert (await _entry(entry_ports, 1)).score == 10


async def test_no_change_takes_a_score_back(entry_ports: EntryPorts) -> None:
    """Uploads and changes of the same entries at once: none is lost."""
    numbers = range(10)
    await _confirmed(entry_ports, *numbers)

    def revise(entry: Entry) -> Entry:
        again = {**entry.details.attributes, str(entry.revision): "x"}
        return entry.revise(replace(entry.details, attributes=again)).with_event(EntryEvent.UPDATED, NOW)

    await asyncio.gather(
        *(entry_ports.entries.change(TOUR, fan(number), existing(revise)) for number in numbers for _ in "abc"),
        *(_put(entry_ports, *(_record(number, score) for number in numbers)) for score in (1, 2)),
    )
    await _put(entry_ports, *(_record(number, 3) for number in numbers))

    for number in numbers:
        entry = await _entry(entry_ports, number)
        assert (entry.score, entry.revision, len(entry.details.attributes)) == (3, 4, 3)


async def test_selections_uploaded_at_once_are_published_once(entry_ports: EntryPorts) -> None:
    numbers = range(10)
    await _confirmed(entry_ports, *numbers)

    uploads = await asyncio.gather(
        *(_put(entry_ports, *(_record(number, 5, SELECTED) for number in numbers)) for _ in range(4))
    )

    assert all(upload.rejected == 0 and upload.received == 10 for upload in uploads)
    selected = [one for one in await _messages(entry_ports) if one[1] == EntryEvent.SELECTED]
    assert sorted(selected) == [(fan(number), EntryEvent.SELECTED) for number in numbers]
    assert await _eligible(entry_ports, SELECTED) == 10


async def test_mongo_keeps_the_uploads(mongo_entry_ports: EntryPorts) -> None:
    await _confirmed(mongo_entry_ports, 1)
    await store(mongo_entry_ports, registered(fan(2), phone(2), markets=MARKETS[:1]))
    await _put(mongo_entry_ports, _record(1, 10, SELECTED), _record(2, 20), _record(3, 30))
    await _put(mongo_entry_ports, _record(1, 11))

    kept = await mongo_entry_ports.scoring.find().to_list(None)

    assert kept == [
        {
            "_id": f"{TOUR}/{fan(1)}",
            "campaignId": TOUR,
            "userId": fan(1),
            "score": 11,
            "selection": SELECTED,
            "updatedAt": LATER,
            "upload": kept[0]["upload"],
        }
    ]


async def test_mongo_record_of_an_earlier_release_is_read(mongo_entry_ports: EntryPorts) -> None:
    """It does not contain the id of its upload."""
    await _confirmed(mongo_entry_ports, 1)
    await _put(mongo_entry_ports, _record(1, 10))
    await mongo_entry_ports.scoring.update_one({}, {"$unset": {"upload": ""}})

    assert await _put(mongo_entry_ports, _record(1, 10)) == Scored(unchanged=1)


async def test_mongo_record_that_a_crash_left_out_comes_with_the_next_upload(
    mongo_entry_ports: EntryPorts,
) -> None:
    await _confirmed(mongo_entry_ports, 1)
    await _put(mongo_entry_ports, _record(1, 10))
    await mongo_entry_ports.scoring.delete_many({})

    assert await _put(mongo_entry_ports, _record(1, 10)) == Scored(unchanged=1)
    assert await mongo_entry_ports.scoring.count_documents({"userId": fan(1), "score": 10}) == 1


async def test_an_entry_unknown_to_the_upload_is_not_made(entry_ports: EntryPorts) -> None:
    await _put(entry_ports, _record(1, 10))
    await entry_ports.entries.change(TOUR, fan(1), becoming(registered(fan(1), phone(1), confirmed=True)))

    assert (await _entry(entry_ports, 1)).score is None
    assert await _eligible(entry_ports) == 0
