"""Phones are confirmed within the campaign's time, where the campaign wants them confirmed (REQ-001)."""

from typing import Any

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.campaigns import CampaignStatus
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import (
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationExpired,
    ConfirmationSuperseded,
    InvalidConfirmationToken,
    WrongConfirmationCode,
)
from tests.support.registrations import HOUR, MINUTE, NOON, TICK
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.wiring import CODE_TTL

CLOSED = CampaignStatus.CLOSED


async def test_the_code_that_was_sent_confirms_the_phone(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    scene.wait(MINUTE)

    entry = await ann.confirm()

    assert (entry.status, entry.phone_confirmed_at) == (EntryStatus.CONFIRMED, NOON + MINUTE)
    assert (entry.verification, entry.revision) == (None, 2)
    assert await ann.entry() == entry


# Where no code is needed.


async def test_a_campaign_that_wants_no_confirmation_confirms_at_once(scene: Scene) -> None:
    """Core rule: "Phone confirmation is required if campaign has needsPhoneConfirmation flag enabled"."""
    scene.opens(needs_phone_confirmation=False)
    ann = scene.fan()

    entry = await ann.register()

    assert (entry.phone_confirmed_at, entry.verification) == (NOON, None)
    assert scene.ports.sms.sent == []


@pytest.mark.parametrize(
    ("account", "confirmed"),
    [
        ({"phone": "+12014440001", "phone_verified": True}, True),
        ({"phone": "(201) 444-0001", "phone_verified": True}, True),
        ({"phone": "+12014440001", "phone_verified": False}, False),
        ({"phone": "+12014440002", "phone_verified": True}, False),
        ({"phone": "none", "phone_verified": True}, False),
        ({"phone": None, "phone_verified": True}, False),
    ],
)
async def test_a_number_is_confirmed_at_once_where_the_account_has_verified_this_very_number(
    scene: Scene, account: dict[str, Any], confirmed: bool
) -> None:
    ann = scene.fan(using="+12014440001", **account)

    entry = await ann.register()

    assert entry.confirmed is confirmed
    assert len(scene.codes(ann.phone)) == (0 if confirmed else 1)


async def test_a_number_that_the_account_verifies_later_is_confirmed_by_the_next_request(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    scene.fan(phone=ann.phone, phone_verified=True)

    entry = await ann.register()

    assert (entry.confirmed, entry.verification, entry.revision) == (True, None, 2)


# Within the campaign's time.


async def test_no_phone_is_confirmed_after_the_campaign_has_closed(scene: Scene) -> None:
    """REQ-001."""
    scene.opens(closes_at=NOON + MINUTE)
    ann, bob = scene.fan("ann"), scene.fan("bob")
    for fan in (ann, bob):
        await fan.register()
    scene.wait(MINUTE - TICK)
    assert (await ann.confirm()).confirmed

    scene.wait(TICK)

    with pytest.raises(CampaignNotOpen):
        await bob.confirm()
    with pytest.raises(CampaignNotOpen):
        await bob.resend()
    assert not (await bob.entry()).confirmed


async def test_a_campaign_that_opens_again_takes_the_code_that_was_sent_before(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    scene.opens(status=CLOSED)
    with pytest.raises(CampaignNotOpen):
        await ann.confirm()

    scene.opens()

    assert (await ann.confirm()).confirmed


async def test_a_code_is_good_for_ten_minutes(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    for fan in (ann, bob):
        await fan.register()
    scene.wait(CODE_TTL - TICK)
    assert (await ann.confirm()).confirmed

    scene.wait(TICK)

    with pytest.raises(ConfirmationExpired):
        await bob.confirm()
    await bob.resend()
    assert (await bob.confirm()).confirmed


# The order of refusals.


async def _refusal(fan: Fan, code: str, token: str) -> type[BaseException]:
    with pytest.raises(Exception) as refused:  # noqa: PT011  # which one is what the test is about
        await fan.confirm(code, token)
    return refused.type


async def test_of_many_faults_the_first_in_this_order_is_named(scene: Scene) -> None:
    """Each step mends the fault that was named, and shows the next."""
    bob = scene.fan("bob")
    ann = scene.fan("ann", using=bob.phone)
    await ann.register(phone=scene.a_phone())
    outdated = await ann.token()
    scene.wait(HOUR)
    await ann.register()
    await ann.exhaust()
    current, wrong = await ann.token(), await ann.wrong_code()
    scene.opens(status=CLOSED)

    assert await _refusal(ann, "none", "none") is InvalidValue
    assert await _refusal(ann, wrong, "none") is InvalidConfirmationToken
    assert await _refusal(ann, wrong, outdated) is CampaignNotOpen
    scene.opens()
    assert await _refusal(ann, wrong, outdated) is ConfirmationSuperseded
    assert await _refusal(ann, wrong, current) is ConfirmationExhausted
    scene.wait(CODE_TTL)
    assert await _refusal(ann, wrong, current) is ConfirmationExpired
    await ann.resend()
    assert await _refusal(ann, await ann.wrong_code(), await ann.token()) is WrongConfirmationCode
