"""Another phone is an unconfirmed phone (REQ-003)."""

from dataclasses import replace
from typing import Any

import pytest

from domain.model.messaging.relaying import Channel
from domain.model.registrations.entry import EntryStatus, Selection
from domain.model.registrations.scoring import ScoreRefusal
from tests.support.registrations import LAX, MINUTE, NOON, NYC
from tests.usecases.registrations.receivers import BusyFraudDetection
from tests.usecases.registrations.scene import Scene
from tests.usecases.registrations.waiting import waits_for_code
from tests.usecases.registrations.wiring import Ports


async def test_a_changed_phone_has_to_be_confirmed(scene: Scene) -> None:
    ann, other = scene.fan(), scene.a_phone()
    before = await ann.confirmed(first_name="Ann")

    after = await ann.register(phone=other)

    assert (after.status, after.phone_confirmed_at) == (EntryStatus.PENDING, None)
    assert after.details == replace(before.details, phone=other)
    assert (after.created_at, after.revision) == (NOON, before.revision + 1)
    assert len(scene.codes(other)) == 1
    scene.wait(MINUTE)
    confirmed = await ann.confirm()
    assert (confirmed.details.phone, confirmed.phone_confirmed_at) == (other, NOON + MINUTE)


@pytest.mark.parametrize(
    "changes",
    [
        {"markets": [LAX, NYC]},
        {"email": "ann@example.net", "first_name": "Ann"},
        {"opt_ins": {"news": True}, "attributes": {"seat": "front"}},
    ],
    ids=["markets", "address and name", "opt-ins and attributes"],
)
async def test_a_change_of_anything_else_keeps_the_confirmation(scene: Scene, changes: dict[str, Any]) -> None:
    ann = scene.fan()
    before = await ann.confirmed()
    scene.wait(MINUTE)

    after = await ann.register(**changes)

    assert after.phone_confirmed_at == before.phone_confirmed_at
    assert after.revision == before.revision + 1
    assert len(scene.codes(ann.phone)) == 1


async def test_a_change_of_anything_else_keeps_the_code_that_is_on_its_way(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()

    await ann.register(markets=[LAX])

    assert (await ann.confirm(code, token)).details.markets == (LAX,)


async def test_a_changed_phone_is_out_of_every_ranking_until_it_is_confirmed(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    await scene.score({ann: 90})
    assert await scene.ranking() == [ann.id]

    await ann.register(phone=scene.a_phone())

    assert await scene.ranking() == []
    assert [one.reason for one in (await scene.score({ann: 95})).problems] == [ScoreRefusal.PHONE_NOT_CONFIRMED]
    assert (await scene.select(Selection.SELECTED, ann)).rejected == [ann.id]
    confirmed = await ann.confirm()
    assert await scene.ranking() == [ann.id]
    assert confirmed.score == 90, "it was withdrawn, not forgotten"


async def test_a_phone_changed_to_the_one_that_the_account_has_verified_is_confirmed_by_it(scene: Scene) -> None:
    other = scene.a_phone()
    ann = scene.fan(phone=other, phone_verified=True)
    await ann.register()

    changed = await ann.register(phone=other)

    assert (changed.confirmed, changed.verification) == (True, None)
    assert scene.codes(other) == []
    assert await ann.messages() == ["created", "updated"]


async def test_a_fan_can_go_back_to_the_phone_of_before(scene: Scene) -> None:
    ann, other = scene.fan(), scene.a_phone()
    await ann.confirmed()
    await ann.confirmed(phone=other)
    scene.wait(MINUTE)

    assert not (await ann.register()).confirmed

    assert (await ann.confirm()).details.phone == ann.phone


async def test_of_two_changes_in_one_instant_the_later_one_counts_and_its_phone_is_not_confirmed() -> None:
    """Another request changed the phone while this one, which keeps it, was under way."""
    fraud = BusyFraudDetection()
    scene = Scene(Ports(fraud=fraud))
    ann = scene.fan()
    await ann.confirmed()
    scene.wait(MINUTE)
    fraud.meanwhile.happens = lambda: ann.register(phone=scene.a_phone())

    entry = await ann.register(markets=[LAX])

    assert (entry.details.phone, entry.details.markets) == (ann.phone, (LAX,))
    assert (entry.confirmed, waits_for_code(entry)) == (False, True)
    await ann.resend()
    assert (await ann.confirm()).details.phone == ann.phone


async def test_a_second_confirmation_mails_no_second_receipt(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()

    await ann.confirmed(phone=scene.a_phone())

    assert await ann.messages() == ["created", "phone_confirmed", "updated", "phone_confirmed"]
    assert await ann.messages(Channel.RECEIPTS) == ["send_receipt"]
