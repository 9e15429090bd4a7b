"""Without its SMS gateway Fangate takes registrations all the same; the code can be asked for later."""

import pytest

from tests.support.fresh import new_phone
from tests.support.world import World
from tests.system.registrations.stage import Stage, ok, outcome


@pytest.mark.parametrize("trouble", ["down", "slow", "error", "not_found"])
async def test_the_registration_is_stored_and_the_code_can_be_sent_later(
    strict: Stage, world: World, trouble: str
) -> None:
    fan, phone = strict.fan(world.open_campaign()), new_phone()
    with world.in_trouble(world.sms, trouble):
        answer = await fan.register(phone)
    assert outcome(answer) == "201"
    waiting = answer.json()["confirmation"]
    assert (waiting["token"], waiting["expiresAt"]) == (None, None)
    assert waiting["resendAfter"] is not None
    assert (await fan.me())["confirmation"] == waiting
    assert ok(await fan.register(phone))["revision"] == 1, "an identical repeat"

    too_soon = await fan.resend()
    assert outcome(too_soon) == "429 confirmation.too_soon"
    assert 0 < int(too_soon.headers["retry-after"]) <= 30
    fan.let_the_pause_pass()
    token = ok(await fan.resend())["token"]
    assert ok(await fan.confirm(token, world.texts.code(phone)))["status"] == "confirmed"
