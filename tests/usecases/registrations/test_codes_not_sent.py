"""A code that cannot be sent fails no registration; a code that must not be sent does."""

import pytest

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import CampaignStatus
from domain.model.registrations.errors import (
    CampaignNotOpen,
    ConfirmationSuperseded,
    EntryNotFound,
    NothingToConfirm,
    PhoneCountry,
    PhoneUnavailable,
)
from tests.support.registrations import HOUR, LAX, MINUTE, NOON, SECOND
from tests.usecases.registrations.receivers import BusyFraudDetection, BusyPhoneBook
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.waiting import resend_after, too_soon, waits_for_code
from tests.usecases.registrations.wiring import Ports


async def test_of_many_reasons_to_send_nothing_the_first_in_this_order_is_named(scene: Scene) -> None:
    """Each step mends the fault that was named, and shows the next."""
    owner, bob = scene.fan("owner"), scene.fan("bob")
    ann = Fan(scene, UserId("ann"), owner.phone, CampaignId("later"))
    with pytest.raises(EntryNotFound):
        await ann.resend()
    ann = ann.elsewhere(scene.opens())
    scene.fan("ann")
    await ann.register()
    await owner.confirmed()
    scene.opens(status=CampaignStatus.CLOSED, sms_countries=("SE",))
    with pytest.raises(CampaignNotOpen):
        await ann.resend()
    scene.opens(sms_countries=("SE",))
    with pytest.raises(PhoneCountry):
        await ann.resend()
    scene.opens()
    with pytest.raises(PhoneUnavailable):
        await ann.resend()
    await scene.free(owner.phone)
    await too_soon(ann)
    assert (await bob.confirmed()).confirmed
    with pytest.raises(NothingToConfirm):
        await bob.resend()


async def test_a_code_is_not_sent_to_a_number_that_is_changed_in_the_same_instant() -> None:
    phone_book = BusyPhoneBook()
    scene = Scene(Ports(phone_book=phone_book))
    ann, other = scene.fan(), scene.a_phone()
    await ann.register()
    scene.wait(MINUTE)
    phone_book.meanwhile.happens = lambda: ann.register(phone=other)

    with pytest.raises(ConfirmationSuperseded):
        await ann.resend()

    assert (len(scene.codes(ann.phone)), len(scene.codes(other))) == (1, 1)
    assert (await ann.confirm()).details.phone == other


# Countries.


async def test_a_campaign_can_limit_the_countries_that_codes_are_sent_to(scene: Scene) -> None:
    scene.opens(sms_countries=("US", "CA"))
    swede, canadian = scene.fan("swede", using="+46701234567"), scene.fan("canadian", using="+14165550123")

    with pytest.raises(PhoneCountry) as refused:
        await swede.register()

    assert refused.value.context["countries"] == "US, CA"
    with pytest.raises(EntryNotFound):
        await swede.entry()
    assert scene.codes(swede.phone) == []
    assert (await canadian.confirmed()).confirmed


async def test_where_no_code_is_needed_every_country_is_welcome(scene: Scene) -> None:
    swede = scene.fan(using="+46701234567", phone="+46701234567", phone_verified=True)
    waiting = scene.fan("waiting", using="+46701234568")
    await waiting.register()
    scene.opens(sms_countries=("US",))

    assert (await swede.register()).confirmed
    assert (await swede.register(markets=[LAX])).details.markets == (LAX,)
    assert (await waiting.confirm()).confirmed, "its code was sent before"


# A gateway that is down.


async def test_without_the_gateway_a_registration_is_stored_and_the_code_sent_later(scene: Scene) -> None:
    ann = scene.fan()
    scene.ports.sms.down = True

    registered = await ann.registered()

    assert registered.created
    assert waits_for_code(registered.entry)
    assert resend_after(registered.entry) == NOON + 30 * SECOND
    assert await ann.messages() == ["created"]
    scene.ports.sms.down = False
    assert await too_soon(ann) == 30 * SECOND
    scene.wait(30 * SECOND)
    await ann.resend()
    assert (await ann.confirm()).confirmed


async def test_a_code_in_hand_outlives_a_gateway_that_cannot_send_another(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    token = await ann.token()
    scene.wait(30 * SECOND)
    scene.ports.sms.down = True

    assert await too_soon(ann) == 60 * SECOND, "the send is counted: the gateway may have sent it"

    assert await ann.token() == token
    assert (await ann.confirm()).confirmed


async def test_a_gateway_that_fails_late_takes_no_newer_code_back(scene: Scene) -> None:
    """The fan has changed the number by then, and was sent a code to the new one."""
    ann, gateway, other = scene.fan(), scene.ports.sms, scene.a_phone()

    async def change_the_number() -> None:
        await ann.register(phone=other)
        gateway.down = True

    gateway.meanwhile.happens = change_the_number

    await ann.register()

    assert (scene.codes(ann.phone), len(scene.codes(other))) == ([], 1)
    assert (await ann.confirm()).details.phone == other


async def test_a_code_that_finds_the_budget_used_up_meanwhile_is_not_sent() -> None:
    """While the fraud detection takes its time, the fan asks elsewhere for all codes of the day."""
    fraud = BusyFraudDetection()
    scene = Scene(Ports(fraud=fraud))
    ann = scene.fan()
    elsewhere = ann.elsewhere(scene.opens("other"))

    async def use_up_the_codes_of_the_day() -> None:
        for _ in range(5):
            await elsewhere.register(phone=scene.a_phone())
            scene.wait(30 * SECOND)
            await elsewhere.resend()

    fraud.meanwhile.happens = use_up_the_codes_of_the_day

    registered = await ann.registered()

    assert registered.created
    assert waits_for_code(registered.entry)
    assert (len(scene.ports.sms.sent), scene.codes(ann.phone)) == (10, [])
    assert resend_after(registered.entry) > NOON + 23 * HOUR
    assert await ann.messages() == ["created"]
