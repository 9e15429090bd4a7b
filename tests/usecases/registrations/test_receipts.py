"""A receipt is mailed once, when the phone is first confirmed (core rule on receipts)."""

import pytest

from domain.model.messaging.relaying import Channel
from tests.support.registrations import SFO
from tests.usecases.registrations.scene import EVERYWHERE, Scene


async def test_a_receipt_is_due_once_when_the_phone_is_first_confirmed(scene: Scene) -> None:
    """Core rule: "Receipts are sent only after successful registration"."""
    ann = scene.fan()
    await ann.register()
    assert await ann.messages(Channel.RECEIPTS) == []

    await ann.confirm()
    await ann.register(markets=[SFO])
    await ann.confirmed(phone=scene.a_phone())

    assert await ann.messages(Channel.RECEIPTS) == ["send_receipt"]


@pytest.mark.parametrize("wanted", [True, False], ids=["the account has verified it", "no confirmation wanted"])
async def test_a_receipt_is_due_at_once_where_the_phone_is_confirmed_at_once(
    scene: Scene, *, wanted: bool
) -> None:
    scene.opens(needs_phone_confirmation=wanted)
    phone = scene.a_phone()
    ann = scene.fan(using=phone, phone=phone, phone_verified=True)

    await ann.register()
    await ann.register(markets=[SFO])

    assert await ann.messages(Channel.RECEIPTS) == ["send_receipt"]


async def test_the_receipt_says_what_the_fan_registered_for(scene: Scene) -> None:
    ann = scene.fan(email="ann@her.example", first_name="Ann")
    await ann.confirmed(email="typed@example.net", last_name="Lee")

    for _ in range(2):
        await scene.use_cases.messaging.send_receipts(EVERYWHERE)

    (receipt,) = scene.ports.mailer.sent
    assert receipt.email == "ann@her.example", "an address that was typed may be a stranger's"
    assert (receipt.campaign_id, receipt.user_id, receipt.markets) == ("tour", "ann", ("nyc", "bos"))
    assert (receipt.first_name, receipt.last_name) == ("Ann", "Lee")
