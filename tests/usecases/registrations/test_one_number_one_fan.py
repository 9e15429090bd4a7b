"""A number is confirmed for one fan of a campaign at most (REQ-002, "unique per campaign after confirmation")."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import EntryNotFound, PhoneUnavailable, WrongConfirmationCode
from tests.support.registrations import MINUTE, SFO
from tests.usecases.registrations.scene import Scene

WITH_9, WITHOUT_9 = "+5491123456789", "+541123456789"
"""One telephone in Argentina, spelled in two ways."""


async def test_a_number_that_another_fan_has_confirmed_is_refused(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.confirmed()

    with pytest.raises(PhoneUnavailable):
        await bob.register(phone=ann.phone)

    with pytest.raises(EntryNotFound):
        await bob.entry()
    assert await bob.messages() == []
    assert (await ann.register(markets=[SFO])).details.markets == (SFO,), "its owner goes on with it"


async def test_a_refused_change_leaves_the_registration_as_it_was(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.confirmed()
    before = await bob.confirmed()

    with pytest.raises(PhoneUnavailable):
        await bob.register(phone=ann.phone, markets=[SFO])

    assert await bob.entry() == before
    assert await bob.messages() == ["created", "phone_confirmed"]


async def test_another_campaign_is_another_matter(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.confirmed()
    scene.wait(MINUTE)

    entry = await bob.elsewhere(scene.opens("other")).confirmed(phone=ann.phone)

    assert (entry.details.phone, entry.confirmed) == (ann.phone, True)


async def test_several_fans_may_wait_for_one_number_and_the_first_to_confirm_has_it(scene: Scene) -> None:
    ann = scene.fan("ann")
    bob = scene.fan("bob", using=ann.phone)
    await ann.register()
    await bob.register()
    code_of_ann, code_of_bob = scene.codes(ann.phone)

    assert (await bob.confirm(code_of_bob)).confirmed

    with pytest.raises(WrongConfirmationCode):
        await ann.confirm(code_of_bob)
    with pytest.raises(PhoneUnavailable):
        await ann.confirm(code_of_ann)
    assert (await ann.entry()).status is EntryStatus.PENDING
    assert await ann.messages() == ["created"]
    scene.wait(MINUTE)
    with pytest.raises(PhoneUnavailable):
        await ann.resend()


def _outcomes(answers: Sequence[object]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


async def test_of_five_fans_who_confirm_a_number_at_once_one_is_confirmed(scene: Scene) -> None:
    fans = scene.fans(5, using=scene.a_phone())
    for fan in fans:
        await fan.register()
    codes = scene.codes(fans[0].phone)

    answers = await asyncio.gather(
        *(fan.confirm(code) for fan, code in zip(fans, codes, strict=True)), return_exceptions=True
    )

    assert _outcomes(answers) == {"Entry": 1, "PhoneUnavailable": 4}
    assert [(await fan.entry()).confirmed for fan in fans].count(True) == 1


@pytest.mark.parametrize("wanted", [True, False], ids=["the account has verified it", "no confirmation wanted"])
async def test_of_twenty_who_are_confirmed_on_registering_one_is_registered(scene: Scene, *, wanted: bool) -> None:
    scene.opens(needs_phone_confirmation=wanted)
    phone = scene.a_phone()
    fans = [scene.fan(f"fan-{number}", using=phone, phone=phone, phone_verified=True) for number in range(20)]

    answers = await asyncio.gather(*(fan.register() for fan in fans), return_exceptions=True)

    assert _outcomes(answers) == {"Entry": 1, "PhoneUnavailable": 19}
    (owner,) = [fan for fan, answer in zip(fans, answers, strict=True) if not isinstance(answer, Exception)]
    assert [message.user_id for message in await scene.messages()] == [owner.id], "the others are not half stored"


async def test_a_number_that_an_account_has_verified_is_no_exception(scene: Scene) -> None:
    ann = scene.fan("ann")
    await ann.confirmed()
    bob = scene.fan("bob", using=ann.phone, phone=ann.phone, phone_verified=True)

    with pytest.raises(PhoneUnavailable):
        await bob.register()


async def test_a_number_is_free_again_when_its_fan_has_another(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.confirmed()
    await ann.register(phone=scene.a_phone())
    scene.wait(MINUTE)

    assert (await bob.confirmed(phone=ann.phone)).confirmed

    with pytest.raises(PhoneUnavailable):
        await ann.register()


# Two spellings of one telephone are one number.


async def test_one_telephone_with_two_numbers_is_confirmed_once(scene: Scene) -> None:
    ann, bob, cy = scene.fan("ann"), scene.fan("bob"), scene.fan("cy")
    await bob.register(phone=WITHOUT_9)
    await ann.confirmed(phone=WITH_9)

    with pytest.raises(PhoneUnavailable):
        await bob.confirm()
    with pytest.raises(PhoneUnavailable):
        await cy.register(phone=WITHOUT_9)


async def test_another_spelling_of_the_own_number_keeps_the_confirmation(scene: Scene) -> None:
    ann = scene.fan()
    before = await ann.confirmed(phone=WITH_9)

    after = await ann.register(phone=WITHOUT_9)

    assert (after.details.phone, after.phone_confirmed_at) == (WITHOUT_9, before.phone_confirmed_at)
    assert scene.codes(WITHOUT_9) == []


async def test_while_a_code_is_on_its_way_another_spelling_waits_for_one_of_its_own(scene: Scene) -> None:
    """The code may arrive under the first spelling only. The pause between two codes holds for the telephone."""
    ann = scene.fan()
    await ann.register(phone=WITHOUT_9)

    entry = await ann.register(phone=WITH_9)

    assert entry.verification is not None
    assert (entry.details.phone, entry.verification.challenge) == (WITH_9, None)
    scene.wait(MINUTE)
    await ann.resend()
    assert (await ann.confirm()).details.phone == WITH_9


async def test_an_account_vouches_for_a_telephone_in_every_spelling(scene: Scene) -> None:
    ann = scene.fan(using=WITHOUT_9, phone=WITH_9, phone_verified=True)

    assert (await ann.register()).confirmed
