"""Answers that come too late, or again: to a code that is not the newest, or to a phone that is confirmed."""

import asyncio

import pytest

from domain.model.registrations.campaigns import CampaignStatus
from domain.model.registrations.errors import ConfirmationSuperseded
from tests.support.registrations import DAY, MINUTE
from tests.usecases.registrations.receivers import BusyEntryStore
from tests.usecases.registrations.scene import Scene
from tests.usecases.registrations.wiring import Ports

CLOSED = CampaignStatus.CLOSED


async def test_a_newer_code_makes_the_one_before_worthless(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    token = await ann.token()
    scene.wait(MINUTE)

    await ann.resend()

    for code in scene.codes(ann.phone):
        with pytest.raises(ConfirmationSuperseded):
            await ann.confirm(code, token)
    assert (await ann.confirm()).confirmed


async def test_a_phone_that_is_changed_in_the_instant_of_the_answer_is_not_confirmed() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann, other = scene.fan(), scene.a_phone()
    await ann.register()
    store.after_counting.happens = lambda: ann.register(phone=other)

    with pytest.raises(ConfirmationSuperseded):
        await ann.confirm()

    entry = await ann.entry()
    assert (entry.details.phone, entry.confirmed) == (other, False)


async def test_confirming_again_is_no_error_whatever_the_code_and_however_late(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()
    confirmed = await ann.confirm()
    scene.wait(DAY)
    scene.opens(status=CLOSED)

    for answer in (code, f"{(int(code) + 1) % 1_000_000:06}"):
        again = await ann.answer(answer, token)
        assert (again.entry, again.newly) == (confirmed, False)
    assert await ann.messages() == ["created", "phone_confirmed"]


async def test_the_right_answer_sent_twenty_times_at_once_is_right_each_time(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()

    answers = await asyncio.gather(*(ann.answer(code, token) for _ in range(20)))

    assert all(answer.entry.confirmed for answer in answers)
    assert [answer.newly for answer in answers].count(True) == 1
    assert (await ann.entry()).revision == 2
    assert await ann.messages() == ["created", "phone_confirmed"]


@pytest.mark.parametrize("counted", [False, True])
async def test_an_answer_that_comes_too_late_is_right_where_the_same_answer_has_just_confirmed(
    *, counted: bool
) -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()
    meanwhile = store.after_counting if counted else store.before_counting
    meanwhile.happens = lambda: ann.confirm(code, token)

    assert (await ann.confirm(code, token)).confirmed
    assert (await ann.entry()).revision == 2


async def test_the_code_of_a_number_is_good_for_this_number_only(scene: Scene) -> None:
    ann, other = scene.fan(), scene.a_phone()
    await ann.register()
    old_code, old_token = await ann.code(), await ann.token()
    await ann.register(phone=other)

    for code in (old_code, scene.codes(other)[0]):
        with pytest.raises(ConfirmationSuperseded):
            await ann.confirm(code, old_token)
    assert (await ann.confirm()).details.phone == other
    with pytest.raises(ConfirmationSuperseded):
        await ann.confirm(old_code, old_token)
