"""Staff decide which confirmed registrations are selected, waitlisted or declined."""

import pytest

from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Selection
from domain.usecases.registrations.select_entries import Selected
from tests.support.registrations import LAX
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import full_outbox

NONE, SELECTED, WAITLISTED, DECLINED = Selection


@pytest.fixture
async def ann(scene: Scene) -> Fan:
    """A fan whose phone is confirmed."""
    ann = scene.fan("ann")
    await ann.confirmed()
    return ann


@pytest.mark.parametrize("selection", [SELECTED, WAITLISTED, DECLINED])
async def test_a_selection_can_be_made_and_taken_back(scene: Scene, ann: Fan, selection: Selection) -> None:
    await scene.score({ann: 90})

    assert await scene.select(selection, ann) == Selected(updated=1, changed=1, rejected=[])
    assert (await ann.entry()).selection is selection
    assert await scene.ranking() == []
    assert await scene.ranking(Query(selections=(selection,))) == [ann.id]

    assert await scene.select(NONE, ann) == Selected(updated=1, changed=1, rejected=[])
    assert await scene.ranking() == [ann.id]


async def test_only_confirmed_registrations_are_selected_and_the_others_named_once(scene: Scene, ann: Fan) -> None:
    waiting, unknown = scene.fan("waiting"), scene.fan("unknown")
    await waiting.register()

    selected = await scene.select(SELECTED, unknown, ann, waiting, ann, unknown)

    assert selected == Selected(updated=1, changed=1, rejected=[unknown.id, waiting.id])
    assert (await waiting.entry()).selection is NONE


async def test_each_change_of_a_selection_has_its_event_and_a_repeat_has_none(scene: Scene, ann: Fan) -> None:
    selected = [await scene.select(selection, ann) for selection in (SELECTED, SELECTED, WAITLISTED, NONE, NONE)]

    assert [one.updated for one in selected] == [1, 1, 1, 1, 1]
    assert [one.changed for one in selected] == [1, 0, 1, 1, 0]
    assert await ann.messages() == ["created", "phone_confirmed", *["selected"] * 3]
    assert (await ann.entry()).revision == 5


async def test_a_selection_stays_when_the_fan_changes_something(scene: Scene, ann: Fan) -> None:
    await scene.select(SELECTED, ann)

    assert (await ann.register(markets=[LAX])).selection is SELECTED


async def test_a_selection_is_of_one_campaign(scene: Scene, ann: Fan) -> None:
    elsewhere = ann.elsewhere(scene.opens("other", needs_phone_confirmation=False))
    await elsewhere.register()

    await scene.select(SELECTED, ann)

    assert (await elsewhere.entry()).selection is NONE


async def test_selecting_no_fan_is_no_error(scene: Scene) -> None:
    assert await scene.select(SELECTED) == Selected(updated=0, changed=0, rejected=[])


async def test_a_selection_whose_event_finds_no_room_is_named(scene: Scene, ann: Fan) -> None:
    bob = scene.fan("bob")
    await bob.confirmed()
    before = await full_outbox(scene, ann)

    assert await scene.select(SELECTED, ann, bob) == Selected(updated=1, changed=1, rejected=[ann.id])

    assert await ann.entry() == before
    assert (await bob.entry()).selection is SELECTED
