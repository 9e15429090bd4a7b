"""Staff decide which confirmed registrations are selected, waitlisted or declined."""

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Selection
from domain.model.registrations.markets import MarketId
from domain.usecases.registrations.select_best import SelectBestCommand
from domain.usecases.registrations.select_entries import Selected, SelectEntriesCommand
from tests.support.registrations import LAX, TOUR
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import a_pool, full_outbox

NONE, SELECTED, WAITLISTED, DECLINED = Selection


@pytest.fixture
async def ann(scene: Scene) -> Fan:
    """A fan with a confirmed phone."""
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


async def best(scene: Scene, top: int, query: Query | None = None, *, dry_run: bool = False) -> Selected:
    command = SelectBestCommand(
        campaign_id=TOUR, top=top, query=query or Query(), selection=SELECTED, dry_run=dry_run
    )
    return await scene.use_cases.registrations.select_best(command)


async def selected(scene: Scene) -> set[str]:
    return set(await scene.ranking(Query(selections=(SELECTED,))))


async def test_the_best_are_selected_and_a_second_call_goes_on_behind_them(scene: Scene) -> None:
    await a_pool(scene)
    first = await scene.ranking()

    assert await best(scene, 2) == Selected(updated=2, changed=2, rejected=[])
    assert await selected(scene) == {*first[:2], "hal"}
    assert await best(scene, 10_000) == Selected(updated=3, changed=3, rejected=[])
    assert await best(scene, 5) == Selected(updated=0, changed=0, rejected=[])
    assert await selected(scene) == {*first, "hal"}


async def test_the_best_are_those_that_the_filters_admit(scene: Scene) -> None:
    await a_pool(scene)
    query = Query(markets=(LAX,), max_rank=1, min_score=1)
    wanted = await scene.ranking(query)

    assert (await best(scene, 100, query)).updated == len(wanted) > 0
    assert await selected(scene) == {*wanted, "hal"}


async def test_a_market_that_no_fan_can_have_is_refused(scene: Scene) -> None:
    with pytest.raises(InvalidValue) as refused:
        await best(scene, 1, Query(markets=(MarketId("never-was"),)))

    assert refused.value.field == "filters.market.0"


async def test_a_dry_run_counts_and_changes_nothing(scene: Scene) -> None:
    pool = await a_pool(scene)
    before = [await fan.entry() for fan in pool.values()]
    ranked = [pool[name].id for name in await scene.ranking()]
    named = [pool["hal"].id, pool["guy"].id, *ranked]
    command = SelectEntriesCommand(campaign_id=TOUR, user_ids=named, selection=SELECTED, dry_run=True)

    assert await best(scene, 3, dry_run=True) == Selected(updated=3, changed=0, rejected=[])
    counted = await scene.use_cases.registrations.select(command)

    assert counted == Selected(updated=len(named) - 1, changed=0, rejected=[pool["guy"].id])
    assert [await fan.entry() for fan in pool.values()] == before


async def test_a_fan_whom_the_filters_do_not_admit_any_more_is_rejected(scene: Scene) -> None:
    """Between the reading of the ranking and the change."""
    pool = await a_pool(scene)
    ranked = await scene.ranking()
    await scene.score({pool[ranked[0]]: 1})
    await scene.select(WAITLISTED, pool[ranked[1]])
    query = Query(min_score=2)
    names = [pool[name].id for name in (*ranked[:3], "hal")]

    done = await scene.use_cases.registrations.select(
        SelectEntriesCommand(campaign_id=TOUR, user_ids=names, selection=SELECTED, query=query)
    )

    assert done == Selected(updated=2, changed=1, rejected=names[:2])
