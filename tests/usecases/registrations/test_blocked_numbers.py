"""Confirmations that other fans failed at block a number in a campaign (REQ-009)."""

import pytest

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId
from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.errors import (
    CampaignNotFound,
    EntryNotFound,
    PhoneUnavailable,
    WrongConfirmationCode,
)
from tests.support.registrations import DAY, HOUR, MINUTE, SFO, TICK
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import strangers_fail
from tests.usecases.registrations.wiring import BLOCK_TTL


async def _is_blocked(fan: Fan) -> bool:
    try:
        await fan.register()
    except PhoneUnavailable:
        return True
    return False


async def test_a_number_that_three_other_fans_failed_to_confirm_is_blocked(scene: Scene) -> None:
    early, late = scene.fan("early"), scene.fan("late")
    phone = scene.a_phone()
    await strangers_fail(scene, phone, "x1", "x2")
    assert not await _is_blocked(Fan(scene, early.id, phone)), "two are not enough"

    await strangers_fail(scene, phone, "x3")

    newcomer = Fan(scene, late.id, phone)
    assert await _is_blocked(newcomer)
    with pytest.raises(EntryNotFound):
        await newcomer.entry()
    assert len(scene.codes(phone)) == 4
    assert (await late.registered()).created, "the fan may use another number"


async def test_one_fan_counts_once_however_often_that_fan_fails(scene: Scene) -> None:
    ann = scene.fan("ann")
    stranger = scene.fan("stranger", using=ann.phone)
    await stranger.register()
    await stranger.exhaust()
    for _ in range(2):
        scene.wait(MINUTE)
        await stranger.resend()
        await stranger.exhaust()

    assert not await _is_blocked(ann)


async def test_a_challenge_with_an_attempt_left_does_not_count(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2")
    stranger = scene.fan("x3", using=ann.phone)
    await stranger.register()
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(WrongConfirmationCode):
            await stranger.confirm(await stranger.wrong_code())

    assert not await _is_blocked(ann)


async def test_the_own_failures_of_a_fan_do_not_count(scene: Scene) -> None:
    """The number may be that fan's, and the two others the strangers."""
    phone = scene.a_phone()
    await strangers_fail(scene, phone, "x1", "x2", "x3")
    scene.wait(HOUR)

    await scene.fan("x2", using=phone).resend()

    assert (await scene.fan("x2", using=phone).confirm()).confirmed


async def test_a_code_that_was_sent_before_the_block_still_confirms_and_no_other_is_sent(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    bob = Fan(scene, bob.id, ann.phone)
    for fan in (ann, bob):
        await fan.register()
    code_of_ann, _ = scene.codes(ann.phone)
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3")
    scene.wait(MINUTE)

    with pytest.raises(PhoneUnavailable):
        await bob.resend()

    assert (await ann.confirm(code_of_ann)).confirmed


async def test_a_fan_who_has_confirmed_the_number_is_never_affected(scene: Scene) -> None:
    ann = scene.fan("ann")
    strangers = [scene.fan(name, using=ann.phone) for name in ("x1", "x2", "x3")]
    for stranger in strangers:
        await stranger.register()
    await ann.confirmed()
    for stranger in strangers:
        await stranger.exhaust()

    entry = await ann.register(markets=[SFO])

    assert (entry.confirmed, entry.details.markets) == (True, (SFO,))


async def test_a_number_that_the_account_has_verified_cannot_be_blocked_by_strangers(scene: Scene) -> None:
    phone = scene.a_phone()
    await strangers_fail(scene, phone, "x1", "x2", "x3")

    assert (await scene.fan("ann", using=phone, phone=phone, phone_verified=True).register()).confirmed


async def test_a_number_is_blocked_in_that_campaign_only(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3")

    assert not await _is_blocked(ann.elsewhere(scene.opens("other")))


async def test_failures_in_another_campaign_do_not_count(scene: Scene) -> None:
    ann, other = scene.fan("ann"), scene.opens("other")
    await strangers_fail(scene, ann.phone, "x1", "x2")
    await strangers_fail(scene, ann.phone, "x3", campaign=other)

    assert not await _is_blocked(ann)


async def test_a_block_ends_a_day_after_the_third_failure(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3", each_after=HOUR)

    scene.wait(BLOCK_TTL - TICK)
    assert await _is_blocked(ann)

    scene.wait(TICK)
    assert not await _is_blocked(ann)


async def test_failures_that_are_a_day_apart_block_nothing(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3", each_after=DAY / 2)

    assert not await _is_blocked(ann)


# Staff lift a block.


async def test_a_lifted_block_gives_the_number_back(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3")
    scene.wait(HOUR)

    await scene.lift_block(f"({ann.phone[2:5]}) {ann.phone[5:8]}-{ann.phone[8:]}")

    assert (await ann.confirmed()).confirmed


async def test_after_a_block_was_lifted_it_takes_three_new_failures(scene: Scene) -> None:
    ann = scene.fan("ann")
    await strangers_fail(scene, ann.phone, "x1", "x2", "x3")
    await scene.lift_block(ann.phone)
    await strangers_fail(scene, ann.phone, "y1", "y2")

    assert not await _is_blocked(ann)


async def test_lifting_a_block_that_is_not_there_is_no_error(scene: Scene) -> None:
    ann = scene.fan("ann")
    await ann.confirmed()

    await scene.lift_block(ann.phone)

    assert (await ann.entry()).confirmed


async def test_a_block_of_no_number_or_no_campaign_cannot_be_lifted(scene: Scene) -> None:
    with pytest.raises(InvalidValue) as refused:
        await scene.lift_block("911")
    assert refused.value.field == "phone"
    with pytest.raises(CampaignNotFound):
        await scene.lift_block(scene.a_phone(), CampaignId("unknown"))
