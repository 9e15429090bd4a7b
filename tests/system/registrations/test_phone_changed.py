"""Another phone is an unconfirmed phone, from the very next answer on (entry-service REQ-003)."""

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Stage, ok, outcome


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


async def _eligible(stage: Stage, campaign: str) -> list[str]:
    listed = [record["userId"] for record in (await stage.got(campaign, "entries/scoring"))["records"]]
    assert (await stage.got(campaign, "entries/eligibility"))["eligible"] == len(listed)
    return listed
