"""How often a code is sent to a fan and to a number."""

import re

import pytest

from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.errors import WrongConfirmationCode
from tests.support.registrations import DAY, HOUR, MINUTE, NOON, SECOND, TICK
from tests.usecases.registrations.scene import Scene
from tests.usecases.registrations.waiting import resend_after, too_soon, waits_for_code


async def test_the_message_goes_to_the_number_and_says_the_code_and_how_long_it_is_good(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()

    ((to, body),) = scene.ports.sms.sent

    assert to == ann.phone
    assert re.fullmatch(r"\d{6} is your code\. It is good for 10 minutes\.", body)


# Pauses.


async def test_the_pauses_between_two_codes_grow(scene: Scene) -> None:
    """One fan gets three codes an hour and five a day of one number's."""
    ann = scene.fan()
    pauses = []
    entry = await ann.register()
    for wait in (30 * SECOND, 60 * SECOND, HOUR, HOUR):
        pauses.append(resend_after(entry) - scene.ports.clock.now())
        scene.wait(wait)
        entry = await ann.resend()
    pauses.append(resend_after(entry) - scene.ports.clock.now())

    assert pauses == [pause * SECOND for pause in (30, 60, 120, 300, 300)]
    assert len(scene.codes(ann.phone)) == 5


async def test_a_code_is_sent_when_the_pause_is_over_and_not_before(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    assert await too_soon(ann) == 30 * SECOND

    scene.wait(30 * SECOND - TICK)
    assert await too_soon(ann) == SECOND
    assert len(scene.codes(ann.phone)) == 1

    scene.wait(TICK)
    await ann.resend()
    assert len(scene.codes(ann.phone)) == 2


async def test_one_fan_gets_a_share_of_what_a_number_may_be_sent(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    for _ in range(2):
        scene.wait(5 * MINUTE)
        await ann.resend()
    scene.wait(5 * MINUTE)
    assert await too_soon(ann) == 45 * MINUTE, "an hour after the first of three"
    for _ in range(2):
        scene.wait(HOUR)
        await ann.resend()
    scene.wait(HOUR)

    assert await too_soon(ann) == NOON + DAY - scene.ports.clock.now(), "a day after the first of five"
    scene.wait(DAY)
    await ann.resend()
    assert (await ann.confirm()).confirmed


async def test_another_number_and_back_forgets_no_pause(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    await ann.register(phone=scene.a_phone())

    back = await ann.register()

    assert waits_for_code(back)
    assert resend_after(back) == NOON + 30 * SECOND
    assert await too_soon(ann) == 30 * SECOND
    assert len(scene.codes(ann.phone)) == 1


async def test_a_number_is_sent_five_codes_an_hour_over_all_fans_and_campaigns(scene: Scene) -> None:
    """The sixth registration is stored all the same, and says when a code can be asked for."""
    phone, other = scene.a_phone(), scene.opens("other")
    first, second, *more = scene.fans(6, using=phone)
    await first.register()
    scene.wait(MINUTE)
    await second.elsewhere(other).register()
    for fan in more[:3]:
        await fan.register()

    late = await more[3].register()

    assert len(scene.codes(phone)) == 5
    assert waits_for_code(late)
    assert resend_after(late) == NOON + HOUR
    assert await too_soon(more[3]) == HOUR - MINUTE
    scene.wait(HOUR - MINUTE)
    sent = await more[3].resend()
    assert resend_after(sent) == NOON + HOUR + 30 * SECOND, "it is the first code of this fan"
    assert (await more[3].confirm()).confirmed


async def test_a_number_is_sent_ten_codes_a_day(scene: Scene) -> None:
    phone = scene.a_phone()
    fans = scene.fans(11, using=phone)
    for fan in fans:
        entry = await fan.register()
        scene.wait(HOUR)

    assert len(scene.codes(phone)) == 10
    assert waits_for_code(entry)
    assert resend_after(entry) == NOON + DAY


async def test_a_code_in_hand_outlives_the_refusal_to_send_another(scene: Scene) -> None:
    """And no attempt is given back."""
    ann = scene.fan()
    await ann.register()
    for _ in range(2):
        scene.wait(MINUTE)
        await ann.resend()
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(WrongConfirmationCode):
            await ann.confirm(await ann.wrong_code())
    before = await ann.entry()

    assert await too_soon(ann) == 2 * MINUTE, "the pause"
    scene.wait(5 * MINUTE)
    assert await too_soon(ann) == HOUR - 7 * MINUTE, "the share of the hour"

    assert await ann.entry() == before
    assert (await ann.confirm()).confirmed
