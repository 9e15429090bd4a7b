"""A fan withdraws, and everything that still concerns the registration meets nothing."""

import pytest

from domain.model.messaging.relaying import Channel
from domain.model.registrations.campaigns import CampaignStatus
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import (
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationSuperseded,
    EntryNotFound,
    EntryWithdrawn,
    InvalidConfirmationToken,
    PhoneUnavailable,
)
from domain.model.registrations.scoring import ScoreRefusal
from domain.usecases.registrations.transfer_entries import Transferred
from tests.support.registrations import BOS, LAX, MINUTE, NYC
from tests.usecases.messaging.relaying import EVERYWHERE
from tests.usecases.registrations.receivers import BusyEntryStore, BusyFraudDetection
from tests.usecases.registrations.scene import Scene
from tests.usecases.registrations.wiring import Ports


async def test_a_withdrawn_registration_is_not_found(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    await scene.score({ann: 90})

    await ann.withdraw()

    with pytest.raises(EntryNotFound):
        await ann.entry()
    with pytest.raises(EntryNotFound):
        await ann.resend()
    assert await scene.ranking() == []
    assert await ann.messages() == ["created", "phone_confirmed", "withdrawn"]
    assert await ann.messages(Channel.RECEIPTS) == []
    await ann.withdraw()
    with pytest.raises(EntryNotFound):
        await scene.fan("bob").withdraw()


async def test_a_fan_withdraws_when_the_campaign_is_closed(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    scene.opens(status=CampaignStatus.CLOSED)

    await ann.withdraw()

    with pytest.raises(CampaignNotOpen):
        await ann.register()


async def test_another_fan_takes_the_number_and_the_first_registers_again(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    before = await ann.confirmed(attributes={"seat": "A1"}, email="typed@example.com")
    await ann.withdraw()
    scene.wait(MINUTE)

    assert (await bob.confirmed(phone=ann.phone)).confirmed
    with pytest.raises(PhoneUnavailable):
        await ann.register()
    registered = await ann.registered(phone=scene.a_phone())

    again = registered.entry
    assert registered.created
    assert (again.id == before.id, again.revision) == (False, before.revision + 2)
    assert again.created_at == scene.ports.clock.now()
    assert (again.details.email, again.details.attributes) == ("ann@example.org", {}), "nothing is remembered"
    assert not again.confirmed
    assert (await ann.confirm()).confirmed
    assert await ann.messages(Channel.RECEIPTS) == ["send_receipt"], "a new registration has a receipt of its own"


async def test_a_code_of_a_withdrawn_registration_confirms_nothing(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    token, code = await ann.token(), await ann.code()
    await ann.withdraw()

    with pytest.raises(InvalidConfirmationToken):
        await ann.confirm(code, token)
    await ann.register()
    with pytest.raises(ConfirmationSuperseded):
        await ann.confirm(code, token)


async def test_a_change_under_way_does_not_bring_it_back() -> None:
    fraud = BusyFraudDetection()
    scene = Scene(Ports(fraud=fraud))
    ann = scene.fan()
    await ann.confirmed()
    fraud.meanwhile.happens = ann.withdraw

    with pytest.raises(EntryWithdrawn):
        await ann.register(markets=[LAX])

    with pytest.raises(EntryNotFound):
        await ann.entry()
    assert (await ann.registered()).created


async def test_a_code_that_cannot_be_sent_to_a_withdrawn_registration_changes_nothing() -> None:
    scene = Scene()
    ann = scene.fan()
    scene.ports.sms.down = True
    scene.ports.sms.meanwhile.happens = ann.withdraw

    with pytest.raises(EntryWithdrawn):
        await ann.register()
    with pytest.raises(EntryNotFound):
        await ann.entry()


async def test_a_confirmation_under_way_does_not_bring_it_back() -> None:
    for moment in ("before_counting", "after_counting"):
        store = BusyEntryStore()
        scene = Scene(Ports(entries=store))
        ann = scene.fan()
        await ann.register()
        token, code = await ann.token(), await ann.code()
        getattr(store, moment).happens = ann.withdraw

        with pytest.raises((ConfirmationExhausted, ConfirmationSuperseded)):
            await ann.confirm(code, token)
        with pytest.raises(EntryNotFound):
            await ann.entry()


async def test_a_number_that_is_freed_while_its_fan_withdraws_is_not_freed_twice() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann = scene.fan()
    await ann.confirmed()
    store.after_finding_owner.happens = ann.withdraw

    assert not await scene.free(ann.phone)
    assert not await scene.free(ann.phone)
    await scene.lift_block(ann.phone)


async def test_another_code_is_not_sent_while_the_fan_withdraws() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann = scene.fan()
    await ann.register()
    scene.wait(MINUTE)
    store.before_changing.happens = ann.withdraw

    with pytest.raises(ConfirmationSuperseded):
        await ann.resend()
    assert len(scene.codes(ann.phone)) == 1


async def test_staff_who_select_transfer_or_score_leave_a_withdrawn_registration_out() -> None:
    store = BusyEntryStore()
    scene = Scene(Ports(entries=store))
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.confirmed()
    await bob.confirmed()
    store.before_changing_many.happens = ann.withdraw

    selected = await scene.select(Selection.SELECTED, ann, bob)
    assert (selected.updated, selected.rejected) == (1, [ann.id])
    scored = await scene.score({ann: 50, bob: 60})
    assert [(one.user_id, one.reason) for one in scored.problems] == [(ann.id, ScoreRefusal.NO_ENTRY)]
    assert await scene.transfer(NYC, LAX) == Transferred(moved=1)
    store.before_changing_many.happens = bob.withdraw
    assert await scene.transfer(LAX, BOS) == Transferred()


async def test_a_receipt_of_a_withdrawn_registration_is_not_sent() -> None:
    """A worker had read the message before the fan withdrew."""
    scene = Scene()
    ann = scene.fan()
    await ann.confirmed()
    send_receipts = scene.use_cases.messaging.send_receipts
    (receipt,) = await scene.messages(Channel.RECEIPTS)
    assert receipt.user_id == ann.id
    await ann.withdraw()

    assert (await send_receipts(EVERYWHERE)).passed_on == 0
    assert scene.ports.mailer.sent == []
