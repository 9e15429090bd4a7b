"""Nothing that is logged or answered holds another fan's phone, a one-time code or a token.

Every test of this folder is watched: its answers one by one, its logs when the service stops. Here the service is
given secrets wherever it might repeat one by mistake; and the watch itself is put to the test.
"""

import pytest

from tests.support.fresh import new_phone
from tests.support.servers.neighbours import Reply
from tests.support.world import World
from tests.system.registrations.stage import Stage, a_stage, ok, outcome
from tests.system.registrations.witness import Witness


async def test_what_goes_wrong_is_logged_without_secrets(world: World, database_url: str) -> None:
    """The stage reads its log when it is over."""
    async with a_stage(world, database_url, {"FANGATE_LOG_LEVEL": "debug"}) as stage:
        campaign, phone = world.open_campaign(), new_phone()
        asked = await stage.fan(campaign).asked_for_code(phone)
        await _refused_in_every_way(stage, campaign, phone)
        for code in asked.wrong[:2]:
            await asked.answer(code)
        await stage.fan(campaign).confirm(asked.token, asked.code)
        ok(await asked.answer())
        assert outcome(await stage.fan(campaign).register(phone)) == "409 phone.unavailable"
        await _neighbours_quote(stage, campaign)
        lines = [line for line in stage.service.logged().splitlines() if '"http.answered"' in line]
        assert len(lines) > 10, "there is a log to look through"
        assert "neighbour.no_answer" in stage.service.logged()


async def _refused_in_every_way(stage: Stage, campaign: str, phone: str) -> None:
    """With the number in the path, in the query, in the wrong place of the body, and in what cannot be read."""
    fan = stage.fan(campaign)
    headers = fan.bearer()
    answers = [
        await stage.client.get(f"/{campaign}/entries/{phone}", headers=headers),
        await stage.client.get(f"/{campaign}/{phone}/{phone}", headers=headers),
        await stage.client.get(f"/{phone}/entries/me?phone={phone}", headers=headers),
        await fan.register(f"{phone}0"),
        await fan.register(phone, [phone]),
        await fan.register(phone, **{phone: phone}),
        await fan.confirm(phone, "12345"),
        await stage.client.post(f"/{campaign}/entries", content=f'{{"phone": "{phone}', headers=headers),
        await stage.post(campaign, "entries/scoring", {"records": [{"userId": phone, "score": phone}]}),
    ]
    assert not any(answer.status_code == 500 for answer in answers)


async def _neighbours_quote(stage: Stage, campaign: str) -> None:
    """They answer with the fan's number where something else belongs."""
    world = stage.world
    fan, phone = stage.fan(campaign), new_phone()
    for neighbour in (world.fanscore, world.fraud):
        neighbour.say(Reply(200, {"value": phone, "score": phone, "band": phone}))
    ok(await fan.register(phone))
    world.users.say(Reply(200, {"id": fan.id, "phone": {phone: phone}, "phoneVerified": phone}))
    assert outcome(await fan.register(phone, ["bos"])) == "503 service.unavailable"
    world.sms.say(Reply(500, {"to": phone}))
    world.users.say(Reply(200, {"id": fan.id}))
    ok(await fan.register(new_phone()))


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("a phone", '{"event": "entry.stored", "phone": "+12124560001"}'),
        ("a phone", '{"event": "entry.stored", "phone": "(212) 456-0001"}'),
        ("a phone", "ValueError: 12124560001"),
        ("a phone", '{"event": "entry.stored", "phone": "+12124560002"}'),
        ("a code", '{"event": "sms.sent", "body": "604213 is your code."}'),
        ("a token", "Authorization: Bearer head.body.sign"),
    ],
)
def test_the_watch_notices(world: World, kind: str, line: str) -> None:
    texts = type(world.texts)()
    texts.received["+12124560001"].append("604213")
    texts.codes.add("604213")
    witness = Witness(texts, tokens={"head.body.sign"})
    witness.phones["fan"].add("+12124560002")
    harmless = '{"event": "http.answered", "status": 200, "ms": 604213, "time": "2026-01-01T00:00:00.604213Z"}'
    assert witness.leaks_in(harmless) == []
    (leak,) = witness.leaks_in(f"{harmless}\n{line}")
    assert leak.startswith(kind)
    assert "604213" not in leak
