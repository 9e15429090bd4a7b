"""Registrations move from one market to another, and the ranks of the others keep their order (REQ-005)."""

import itertools

import pytest

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId
from domain.usecases.registrations.transfer_entries import Transferred
from tests.support.registrations import BOS, LAX, MIA, NYC, SFO
from tests.usecases.registrations.receivers import BusyEntryStore
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import full_outbox
from tests.usecases.registrations.wiring import Ports

Crowd = dict[str, Fan]


@pytest.fixture
async def crowd(scene: Scene) -> Crowd:
    fans = {name: scene.fan(name) for name in ("ann", "bob", "cy", "di")}
    await fans["ann"].confirmed(markets=[NYC, BOS])
    await fans["bob"].confirmed(markets=[LAX, NYC, BOS, SFO])
    await fans["cy"].register(markets=[BOS, SFO, NYC])
    await fans["di"].register(markets=[LAX])
    return fans


async def _markets(crowd: Crowd) -> dict[str, tuple[MarketId, ...]]:
    return {name: (await fan.entry()).details.markets for name, fan in crowd.items()}


async def test_the_target_takes_the_rank_of_the_source(scene: Scene, crowd: Crowd) -> None:
    """Core rule: "Entry transfers move entire registration from one market to another"."""
    scene.opens(markets=(NYC, BOS, LAX, SFO, MIA))

    assert await scene.transfer(NYC, MIA) == Transferred(moved=3)

    assert await _markets(crowd) == {
        "ann": (MIA, BOS), "bob": (LAX, MIA, BOS, SFO), "cy": (BOS, SFO, MIA), "di": (LAX,)
    }  # fmt: skip


async def test_where_both_were_chosen_they_become_one_at_the_better_rank(scene: Scene, crowd: Crowd) -> None:
    assert await scene.transfer(NYC, BOS) == Transferred(merged=3)

    assert await _markets(crowd) == {"ann": (BOS,), "bob": (LAX, BOS, SFO), "cy": (BOS, SFO), "di": (LAX,)}


async def test_moved_and_merged_are_counted_apart(scene: Scene, crowd: Crowd) -> None:
    transferred = await scene.transfer(LAX, SFO)

    assert (transferred.matched, transferred.moved, transferred.merged) == (2, 1, 1)


async def test_every_order_of_markets_ends_as_the_rule_says(scene: Scene) -> None:
    """Read the ranking from the best: source and target are the target where the first of them stands."""
    orders = [order for size in (1, 2, 3, 4) for order in itertools.permutations((NYC, BOS, LAX, SFO), size)]
    fans = scene.fans(len(orders))
    for fan, order in zip(fans, orders, strict=True):
        await fan.register(markets=list(order))

    transferred = await scene.transfer(NYC, BOS)

    assert transferred.merged == sum(NYC in order and BOS in order for order in orders)
    assert transferred.moved == sum(NYC in order and BOS not in order for order in orders)
    for fan, order in zip(fans, orders, strict=True):
        spelled = ",".join(order).replace("nyc", "bos").split(",")
        expected = sorted(set(spelled), key=spelled.index)
        assert list((await fan.entry()).details.markets) == expected, order


async def test_doing_it_twice_is_doing_it_once(scene: Scene, crowd: Crowd) -> None:
    await scene.transfer(NYC, BOS)
    after, events = await _markets(crowd), await crowd["ann"].messages()

    assert await scene.transfer(NYC, BOS) == Transferred()

    assert (await _markets(crowd), await crowd["ann"].messages()) == (after, events)


async def test_each_moved_registration_has_its_event_and_keeps_everything_else(scene: Scene, crowd: Crowd) -> None:
    before = await crowd["ann"].entry()

    await scene.transfer(NYC, BOS)

    after = await crowd["ann"].entry()
    assert (after.phone_confirmed_at, after.revision) == (before.phone_confirmed_at, before.revision + 1)
    assert [(await fan.messages())[-1] for fan in crowd.values()] == [*["transferred"] * 3, "created"]


async def test_a_dry_run_counts_and_changes_nothing(scene: Scene, crowd: Crowd) -> None:
    before = [await fan.entry() for fan in crowd.values()]

    announced = await scene.transfer(LAX, SFO, dry_run=True)

    assert [await fan.entry() for fan in crowd.values()] == before
    assert await crowd["bob"].messages() == ["created", "phone_confirmed"]
    assert await scene.transfer(LAX, SFO) == announced


async def test_a_transfer_may_be_of_some_fans_only(scene: Scene, crowd: Crowd) -> None:
    assert await scene.transfer(LAX, SFO, crowd["di"], crowd["ann"], scene.fan("zoe")) == Transferred(moved=1)

    markets = await _markets(crowd)
    assert (markets["di"], markets["bob"]) == ((SFO,), (LAX, NYC, BOS, SFO))


async def test_a_transfer_stays_in_its_campaign(scene: Scene, crowd: Crowd) -> None:
    elsewhere = crowd["ann"].elsewhere(scene.opens("other"))
    await elsewhere.register(phone=scene.a_phone())

    await scene.transfer(NYC, SFO)

    assert (await elsewhere.entry()).details.markets == (NYC, BOS)


# Which markets there are.


async def _refused(scene: Scene, source: str, target: str) -> tuple[str, str]:
    with pytest.raises(InvalidValue) as refused:
        await scene.transfer(source, target, dry_run=True)
    return refused.value.field, refused.value.reason


async def test_the_target_must_be_a_market_of_the_campaign(scene: Scene, crowd: Crowd) -> None:
    field, reason = await _refused(scene, "nyc", "NYC")

    assert field == "to"
    assert reason.endswith("its markets: nyc, bos, lax, sfo")


async def test_a_market_cannot_be_moved_to_itself(scene: Scene, crowd: Crowd) -> None:
    assert await _refused(scene, "nyc", "nyc") == ("to", "is the market to move from")


async def test_a_source_that_is_no_market_of_the_campaign_and_of_no_fan_is_refused(
    scene: Scene, crowd: Crowd
) -> None:
    field, reason = await _refused(scene, "never-was", "sfo")

    assert field == "from"
    assert reason.endswith("its markets: nyc, bos, lax, sfo")


async def test_a_market_that_was_withdrawn_can_be_moved_from_and_the_transfer_repeated(
    scene: Scene, crowd: Crowd
) -> None:
    scene.opens(markets=(BOS, LAX, SFO))

    assert (await scene.transfer(NYC, SFO)).matched == 3
    assert await scene.transfer(NYC, SFO) == Transferred(), "no fan has it any more, and it is known all the same"


async def test_a_dry_run_makes_no_market_known(scene: Scene, crowd: Crowd) -> None:
    scene.opens(markets=(BOS, LAX, SFO))
    await scene.transfer(NYC, SFO, dry_run=True)
    for fan in crowd.values():
        await fan.register(markets=[BOS])

    assert (await _refused(scene, "nyc", "sfo"))[0] == "from"


async def test_a_campaign_that_is_unknown_has_nothing_to_move(scene: Scene) -> None:
    with pytest.raises(CampaignNotFound):
        await scene.transfer(NYC, BOS, campaign=CampaignId("unknown"))


async def test_a_fan_who_leaves_the_market_in_the_same_instant_is_not_counted() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann, bob = scene.fan("ann"), scene.fan("bob")
    for fan in (ann, bob):
        await fan.register(markets=[LAX])
    store.before_changing_many.happens = lambda: ann.register(markets=[BOS])

    assert await scene.transfer(LAX, SFO) == Transferred(moved=1)

    assert (await ann.entry()).details.markets == (BOS,)
    assert await ann.messages() == ["created", "updated"]


async def test_a_fan_of_whom_too_many_messages_wait_stays_and_is_named(scene: Scene, crowd: Crowd) -> None:
    bob = crowd["bob"]
    before = await full_outbox(scene, bob)

    transferred = await scene.transfer(LAX, NYC)

    assert (transferred.moved, transferred.merged, transferred.rejected) == (1, 0, 1)
    assert (transferred.matched, transferred.problems) == (2, (bob.id,))
    assert await bob.entry() == before
    assert await _markets({"di": crowd["di"]}) == {"di": (NYC,)}
