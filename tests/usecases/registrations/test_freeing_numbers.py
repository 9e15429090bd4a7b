"""Staff take a number from the fan who has confirmed it."""

import pytest

from domain.model.registrations.errors import PhoneUnavailable
from tests.support.registrations import BOS, LAX, MINUTE, NYC
from tests.usecases.registrations.receivers import BusyEntryStore
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.wiring import Ports

WITH_9, WITHOUT_9 = "+5491123456789", "+541123456789"
"""One telephone in Argentina, spelled in two ways."""


async def _frees(scene: Scene, ann: Fan) -> None:
    assert await scene.free(f"({ann.phone[2:5]}) {ann.phone[5:]}")


async def test_a_freed_number_can_be_confirmed_by_another_fan(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    before = await ann.confirmed()
    await scene.score({ann: 90})
    scene.wait(MINUTE)

    await _frees(scene, ann)

    entry = await ann.entry()
    assert (entry.phone_confirmed_at, entry.revision) == (None, before.revision + 1)
    assert entry.details == before.details
    assert await scene.ranking() == []
    assert await ann.messages() == ["created", "phone_confirmed", "updated"]
    assert (await bob.confirmed(phone=ann.phone)).confirmed
    with pytest.raises(PhoneUnavailable):
        await ann.register(markets=[LAX])


async def test_the_fan_of_a_freed_number_can_confirm_it_again_with_a_new_code(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    await scene.score({ann: 90})
    await _frees(scene, ann)
    scene.wait(MINUTE)

    await ann.resend()
    await ann.confirm()

    assert await scene.ranking() == [ann.id]


async def test_a_number_that_no_fan_has_confirmed_is_not_freed(scene: Scene) -> None:
    ann, elsewhere = scene.fan(), scene.opens("other")
    await ann.register()
    assert not await scene.free(ann.phone)
    assert not await scene.free(scene.a_phone())
    confirmed = await ann.confirm()
    assert not await scene.free(ann.phone, elsewhere)
    assert await ann.entry() == confirmed

    assert await scene.free(ann.phone)
    assert not await scene.free(ann.phone), "it is free already"


async def test_a_number_is_freed_in_every_spelling(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed(phone=WITH_9, markets=[NYC, BOS])

    assert await scene.free(WITHOUT_9)
    assert not (await ann.entry()).confirmed


async def test_a_number_that_its_fan_gives_up_in_the_same_instant_costs_the_fan_nothing() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann, other = scene.fan(), scene.a_phone()
    await ann.confirmed()
    store.after_finding_owner.happens = lambda: ann.confirmed(phone=other)

    assert not await scene.free(ann.phone)

    entry = await ann.entry()
    assert (entry.details.phone, entry.confirmed) == (other, True)
