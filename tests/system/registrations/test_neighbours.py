"""Each neighbour in each of its troubles: the registration does what was promised, and nothing is half stored."""

from typing import Final

import pytest

from tests.support.fresh import new_phone
from tests.support.servers.neighbours import Neighbour, nothing_here
from tests.support.world import FANSCORE, FRAUD, World
from tests.system.registrations.stage import Fan, Stage, ok, outcome

TROUBLED: Final = ("down", "slow", "error", "not_json", "other_json", "hangs_up")
BAD_LUCK: Final = {
    "fraud": {"status": "unavailable", "score": None},
    "fanscore": {"status": "pending", "value": None},
}
GOOD_LUCK: Final = {
    "fraud": {"status": "clear", "score": FRAUD},
    "fanscore": {"status": "scored", "value": FANSCORE},
}


@pytest.mark.parametrize("trouble", TROUBLED)
@pytest.mark.parametrize("name", ["campaigns", "users"])
async def test_without_the_campaign_or_the_account_nothing_is_stored(
    strict: Stage, world: World, name: str, trouble: str
) -> None:
    fan, phone = strict.fan(world.open_campaign()), new_phone()
    with world.in_trouble(_named(world, name), trouble):
        answer = await fan.register(phone)
    assert outcome(answer) == "503 service.unavailable"
    assert answer.json()["part"] == name
    assert int(answer.headers["retry-after"]) > 0
    _left_no_trace(fan, phone)
    assert outcome(await fan.register(phone)) == "201", "once the neighbour is back"


@pytest.mark.parametrize(("name", "code"), [("campaigns", "campaign.not_found"), ("users", "user.not_found")])
async def test_what_the_neighbour_does_not_know_is_not_found(
    strict: Stage, world: World, name: str, code: str
) -> None:
    fan, phone = strict.fan(world.open_campaign()), new_phone()
    _named(world, name).say(nothing_here)
    assert outcome(await fan.register(phone)) == f"404 {code}"
    _left_no_trace(fan, phone)


@pytest.mark.parametrize("trouble", [*TROUBLED, "not_found"])
@pytest.mark.parametrize("name", ["fanscore", "fraud"])
async def test_neither_fanscore_nor_fraud_detection_can_fail_a_registration(
    strict: Stage, world: World, name: str, trouble: str
) -> None:
    fan, phone = strict.fan(world.open_campaign()), new_phone()
    with world.in_trouble(_named(world, name), trouble):
        asked = await fan.asked_for_code(phone)
    stored = await fan.me()
    assert {other: stored[other] for other in BAD_LUCK} == GOOD_LUCK | {name: BAD_LUCK[name]}
    waiting = [message["about"] for message in fan.document()["outbox"]]
    assert waiting == ["created", *(["retry_fanscore"] if name == "fanscore" else [])]
    assert ok(await asked.answer())["status"] == "confirmed"


async def test_all_in_trouble_at_once(strict: Stage, world: World) -> None:
    fan, phone = strict.fan(world.open_campaign()), new_phone()
    with (
        world.in_trouble(world.campaigns, "down"),
        world.in_trouble(world.users, "slow"),
        world.in_trouble(world.fanscore, "slow"),
        world.in_trouble(world.fraud, "slow"),
        world.in_trouble(world.sms, "slow"),
    ):
        assert outcome(await fan.register(phone)) == "503 service.unavailable"
    _left_no_trace(fan, phone)
    assert outcome(await fan.register(phone)) == "201"


def _named(world: World, name: str) -> Neighbour:
    return {
        "campaigns": world.campaigns,
        "users": world.users,
        "fanscore": world.fanscore,
        "fraud": world.fraud,
    }[name]


def _left_no_trace(fan: Fan, phone: str) -> None:
    assert not fan.is_stored()
    assert fan.stage.world.texts.count(phone) == 0
