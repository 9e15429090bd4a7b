"""Scores are kept for registrations with a confirmed phone only (REQ-006)."""

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import ScoreFileNotFound
from domain.model.registrations.scoring import Scored, ScoreProblem, ScoreRecord, ScoreRefusal
from tests.support.registrations import MINUTE, TOUR
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import full_outbox


@pytest.fixture
async def ann(scene: Scene) -> Fan:
    """A fan with a confirmed phone."""
    ann = scene.fan("ann")
    await ann.confirmed()
    return ann


async def test_only_confirmed_registrations_are_scored_and_the_others_are_named(scene: Scene, ann: Fan) -> None:
    """Core rule: "Scoring records can only be created for entries with confirmed phones"."""
    waiting, unknown = scene.fan("waiting"), scene.fan("unknown")
    await waiting.register()

    scored = await scene.score({ann: 90, waiting: 80, unknown: 70})

    assert (scored.received, scored.upserted, scored.unchanged, scored.rejected) == (3, 1, 0, 2)
    assert scored.problems == (
        ScoreProblem(waiting.id, ScoreRefusal.PHONE_NOT_CONFIRMED, 2),
        ScoreProblem(unknown.id, ScoreRefusal.NO_ENTRY, 3),
    )
    assert await scene.ranking() == [ann.id]
    assert (await waiting.entry()).score is None


async def test_a_registration_is_scored_once_its_phone_is_confirmed(scene: Scene) -> None:
    bob = scene.fan("bob")
    await bob.register()
    assert (await scene.score({bob: 50})).rejected == 1
    await bob.confirm()

    assert (await scene.score({bob: 50})).upserted == 1
    assert await scene.ranking() == [bob.id]


async def test_a_score_changes_nothing_that_others_see_of_the_registration(scene: Scene, ann: Fan) -> None:
    before = await ann.entry()
    scene.wait(MINUTE)

    await scene.score({ann: 90})

    after = await ann.entry()
    assert (after.score, after.revision, after.updated_at) == (90, before.revision, before.updated_at)
    assert await ann.messages() == ["created", "phone_confirmed"]


async def test_the_same_score_again_is_unchanged_and_another_one_replaces_it(scene: Scene, ann: Fan) -> None:
    await scene.score({ann: 90})

    assert await scene.score({ann: 90}) == Scored(unchanged=1)
    assert await scene.score({ann: 0}) == Scored(upserted=1)
    assert (await ann.entry()).score == 0


async def test_a_score_may_come_with_a_selection_which_has_its_event(scene: Scene, ann: Fan) -> None:
    await scene.score({ann: 90}, selection=Selection.SELECTED)
    await scene.score({ann: 90}, selection=Selection.SELECTED)
    await scene.score({ann: 80})

    entry = await ann.entry()
    assert (entry.score, entry.selection) == (80, Selection.SELECTED)
    assert await ann.messages() == ["created", "phone_confirmed", "selected"]


async def test_a_score_stays_through_every_other_change(scene: Scene, ann: Fan) -> None:
    await scene.score({ann: 90})

    await ann.register(first_name="Ann")
    await scene.transfer("nyc", "sfo")
    await scene.select(Selection.WAITLISTED, ann)

    assert (await ann.entry()).score == 90


async def test_a_selection_that_finds_no_room_for_its_event_is_named_and_the_score_waits(
    scene: Scene, ann: Fan
) -> None:
    before = await full_outbox(scene, ann)

    scored = await scene.score({ann: 90}, selection=Selection.SELECTED)

    assert [one.reason for one in scored.problems] == [ScoreRefusal.MESSAGES_WAITING]
    assert await ann.entry() == before
    assert (await scene.score({ann: 90})).upserted == 1, "a score alone leaves no event"


# Files of scores.


async def _read(scene: Scene, key: str) -> list[ScoreRecord | ScoreProblem]:
    return [record async for record in scene.use_cases.registrations.read_scores(TOUR, key)]


async def test_a_file_of_scores_is_read_record_by_record(scene: Scene, ann: Fan) -> None:
    scene.ports.objects.put("scoring/tour/a.csv", b"userId,score,selection\nann,90,selected\nbob,many,\n")

    records = await _read(scene, "scoring/tour/a.csv")
    scored = await scene.use_cases.registrations.score(
        TOUR, scene.use_cases.registrations.read_scores(TOUR, "scoring/tour/a.csv")
    )

    assert records == [
        ScoreRecord(user_id=ann.id, score=90, selection=Selection.SELECTED, line=2),
        ScoreProblem("bob", ScoreRefusal.SCORE_NOT_NUMBER, 3),
    ]
    assert (scored.upserted, scored.rejected) == (1, 1)
    assert (await ann.entry()).selection is Selection.SELECTED


@pytest.mark.parametrize("key", ["scoring/other/a.csv", "codes/tour/tm/a.csv", "scoring/tour/../a.csv"])
async def test_a_file_of_another_campaign_is_not_read(scene: Scene, key: str) -> None:
    scene.ports.objects.put(key, b"ann,90\n")

    with pytest.raises(InvalidValue) as refused:
        await _read(scene, key)

    assert refused.value.field == "key"


async def test_a_file_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(ScoreFileNotFound):
        await _read(scene, "scoring/tour/a.csv")
