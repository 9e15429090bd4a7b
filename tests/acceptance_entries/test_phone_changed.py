"""Another phone is an unconfirmed phone, from the very next answer on (entry-service REQ-003)."""

from typing import Any

import httpx2

from tests.acceptance_entries.stage import Stage, ok, outcome
from tests.acceptance_entries.world import new_phone


async def test_a_changed_phone_has_to_be_confirmed_and_frees_the_old_one(crowded: Stage) -> None:
    campaign = crowded.world.open_campaign()
    fan, old, new = crowded.fan(campaign), new_phone(), new_phone()
    await fan.confirmed(old)
    await crowded.score(campaign, {fan.id: 90})
    assert await _eligible(crowded, campaign) == [fan.id]

    changed = ok(await fan.register(new))
    assert await _eligible(crowded, campaign) == [], "out of it at once"
    assert (changed["status"], changed["phone"], changed["phoneConfirmedAt"]) == (
        "pending_confirmation",
        new,
        None,
    )
    assert (await crowded.score(campaign, {fan.id: 95}))["problems"] == [
        {"line": 1, "userId": fan.id, "reason": "phone_not_confirmed"}
    ]
    assert (await crowded.select(campaign, [fan.id]))["rejected"] == [fan.id]
    heir = crowded.fan(campaign)
    assert (await heir.confirmed(old))["phone"] == old
    assert outcome(await fan.register(old)) == "409 phone.unavailable", "it is another fan's by now"

    ok(await fan.confirm(changed["confirmation"]["token"], crowded.world.texts.code(new)))
    assert await _eligible(crowded, campaign) == [fan.id], "scored as before"


async def test_a_token_for_the_old_number_is_refused(crowded: Stage) -> None:
    campaign = crowded.world.open_campaign()
    fan, old, new = crowded.fan(campaign), new_phone(), new_phone()
    asked = await fan.asked_for_code(old)
    again = await fan.asked_for_code(new)
    _is_superseded(await asked.answer())
    _is_superseded(await fan.confirm(asked.token, again.code))
    ok(await again.answer())
    _is_superseded(await asked.answer())
    assert (await fan.me())["phone"] == new

    asked.fan.let_the_pause_pass()
    back = await fan.asked_for_code(old)
    _is_superseded(await asked.answer())
    _is_superseded(await again.answer())
    assert ok(await back.answer())["phone"] == old


async def test_a_phone_changed_to_the_one_on_the_account_is_confirmed_by_it(crowded: Stage) -> None:
    campaign = crowded.world.open_campaign()
    fan, old, new = crowded.fan(campaign), new_phone(), new_phone()
    crowded.world.vouch(fan.id, new)
    asked = await fan.asked_for_code(old)
    changed = ok(await fan.register(new))
    assert (changed["status"], changed["confirmation"]) == ("confirmed", None)
    _is_superseded(await asked.answer())
    assert crowded.world.texts.count(new) == 0


async def test_a_change_of_anything_else_keeps_the_confirmation(crowded: Stage) -> None:
    campaign = crowded.world.open_campaign()
    fan, phone = crowded.fan(campaign), new_phone()
    confirmed = await fan.confirmed(phone)
    spelled = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    changed = ok(await fan.register(spelled, ["bos", "nyc"], firstName="Ann", optIns={"news": True}))
    same: dict[str, Any] = {name: confirmed[name] for name in ("status", "phone", "phoneConfirmedAt", "createdAt")}
    assert same.items() <= changed.items()
    assert changed["revision"] == confirmed["revision"] + 1


def _is_superseded(answer: httpx2.Response) -> None:
    assert outcome(answer) == "409 confirmation.superseded"


async def _eligible(stage: Stage, campaign: str) -> list[str]:
    listed = [record["userId"] for record in (await stage.got(campaign, "entries/scoring"))["records"]]
    assert (await stage.got(campaign, "entries/eligibility"))["eligible"] == len(listed)
    return listed
