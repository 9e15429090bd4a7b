"""When a campaign takes no registrations (REQ-004), and what else is refused before anything is stored."""

from typing import Any

import pytest

from domain.model.errors import DomainError, InvalidValue, Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import CampaignStatus, Gates
from domain.model.registrations.errors import CampaignNotFound, CampaignNotOpen, EntryNotFound, UserNotFound
from tests.support.registrations import DAY, LAX, NOON, NYC, TICK
from tests.usecases.registrations.scene import Fan, Scene


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"status": CampaignStatus.DRAFT}, False),
        ({"status": CampaignStatus.CLOSED}, False),
        ({"opens_at": NOON - DAY, "closes_at": NOON + DAY}, True),
        ({"opens_at": NOON}, True),
        ({"opens_at": NOON + TICK}, False),
        ({"closes_at": NOON + TICK}, True),
        ({"closes_at": NOON}, False),
        ({"status": CampaignStatus.CLOSED, "closes_at": NOON + DAY}, False),
    ],
)
async def test_only_an_open_campaign_within_its_times_takes_registrations_and_changes(
    scene: Scene, changes: dict[str, Any], taken: bool
) -> None:
    """REQ-004."""
    early, late = scene.fan("early"), scene.fan("late")
    before = await early.confirmed()
    scene.opens(**changes)

    if taken:
        assert (await early.register(markets=[LAX])).details.markets == (LAX,)
        assert (await late.registered()).created
        return
    for fan in (early, late):
        with pytest.raises(CampaignNotOpen):
            await fan.register(markets=[LAX])
    assert await early.entry() == before
    assert await late.messages() == []
    with pytest.raises(EntryNotFound):
        await late.entry()


# What is refused.


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize("name", ["Win at http://bad.example", "x" * 101, "a\nb", "a\x00b", "a\u2028b"], ids=ascii)
async def test_a_name_that_must_not_stand_in_a_mail_is_refused(scene: Scene, field: str, name: str) -> None:
    ann = scene.fan()

    with pytest.raises(InvalidValue) as refused:
        await ann.register(**{field: name})

    assert refused.value.field == {"first_name": "firstName", "last_name": "lastName"}[field]
    with pytest.raises(EntryNotFound):
        await ann.entry()


async def test_without_an_answer_about_the_account_nothing_is_stored_and_nothing_is_sent(scene: Scene) -> None:
    ann = scene.fan()
    scene.ports.users.answer(answers=False)

    with pytest.raises(Unavailable) as refused:
        await ann.register()

    assert refused.value.part == "users"
    assert (scene.ports.sms.sent, await scene.messages()) == ([], [])
    scene.ports.users.answer(answers=True)
    assert (await ann.registered()).created


async def _refusal(fan: Fan, **changes: Any) -> tuple[str, str] | None:
    try:
        await fan.register(**changes)
    except InvalidValue as refusal:
        return refusal.code, refusal.field
    except DomainError as refusal:
        return refusal.code, ""
    return None


async def test_of_many_faults_the_first_in_this_order_is_named(scene: Scene) -> None:
    """Each step mends the fault that was named, and shows the next."""
    owner, taken = scene.fan("owner"), "+46 70 123 45 67"
    await owner.confirmed(phone=taken)
    ann = Fan(scene, UserId("ann"), scene.a_phone(), CampaignId("later"))
    wrong: dict[str, Any] = {
        "phone": "911", "markets": ["lon"], "first_name": "http://", "last_name": "http://"
    }  # fmt: skip
    gates, closed = Gates(verified_card=True), CampaignStatus.CLOSED

    assert await _refusal(ann, **wrong) == (CampaignNotFound.code, "")
    ann = ann.elsewhere(scene.opens(status=closed, gates=gates, sms_countries=("US",)))
    assert await _refusal(ann, **wrong) == (UserNotFound.code, "")
    scene.fan("ann")
    assert await _refusal(ann, **wrong) == (CampaignNotOpen.code, "")
    scene.opens(gates=gates, sms_countries=("US",))
    mended: dict[str, Any] = {"phone": taken, "markets": [NYC], "first_name": "Ann", "last_name": "Lee"}
    for name, field in [
        ("phone", "phone"), ("markets", "markets.0"), ("first_name", "firstName"), ("last_name", "lastName")
    ]:  # fmt: skip
        assert await _refusal(ann, **wrong) == (InvalidValue.code, field)
        wrong[name] = mended[name]
    assert await _refusal(ann, **wrong) == ("gate.closed", "")
    scene.fan("ann", verified_card=True)
    assert await _refusal(ann, **wrong) == ("phone.country", "")
    scene.opens(gates=gates)
    assert await _refusal(ann, **wrong) == ("phone.unavailable", "")
    for _ in range(4):
        assert await _refusal(ann, **wrong | {"phone": scene.a_phone()}) is None
    assert await _refusal(ann, **wrong | {"phone": scene.a_phone()}) == ("confirmation.budget", "")
    assert await _refusal(ann, **wrong | {"phone": ann.phone}) == ("confirmation.budget", "")
