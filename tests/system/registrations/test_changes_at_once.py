"""Changes to one entry in the same instant: none lost, revisions without a gap, one event each, in order."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Body, Fan, Stage, ok, outcome

ROUNDS: Final = 6
CALLERS: Final = 20
CROWD: Final = 300
ERRANDS: Final = {"send_receipt", "retry_fanscore"}


async def test_no_change_is_lost(crowded: Stage) -> None:
    """A fan changes one thing in each of four windows while staff score and select the fan."""
    campaign = crowded.world.open_campaign()
    fan, phone = crowded.fan(campaign), new_phone()
    first = await fan.confirmed(phone)
    await crowded.warm_up(CALLERS)
    for number in range(1, ROUNDS + 1):
        selection = ("selected", "waitlisted")[number % 2]
        await asyncio.gather(
            _changed(fan, phone, firstName=f"Ann {number}"),
            _changed(fan, phone, lastName=f"Lee {number}"),
            _changed(fan, phone, email=f"ann{number}@example.org"),
            _changed(fan, phone, optIns={"news": number % 2 == 0}),
            _changed(fan, phone, attributes={"seat": str(number)}),
            crowded.select(campaign, [fan.id], selection),
            crowded.score(campaign, {fan.id: number}),
        )
        now = await fan.me()
        assert (now["firstName"], now["lastName"]) == (f"Ann {number}", f"Lee {number}")
        assert (now["email"], now["optIns"]) == (f"ann{number}@example.org", {"news": number % 2 == 0})
        assert (now["attributes"], now["selection"]) == ({"seat": str(number)}, selection)
        assert fan.document()["score"] == number
    changes = ["created", "phone_confirmed", *["updated"] * 5 * ROUNDS, *["selected"] * ROUNDS]
    _tells_of(fan, changes)
    last = await fan.me()
    assert (last["createdAt"], last["revision"]) == (first["createdAt"], len(changes))


async def test_registering_twenty_times_at_once_is_registering_once(crowded: Stage) -> None:
    """However often an impatient fan clicks: one entry, one message, one code, and each answer leads to it."""
    campaign = crowded.world.open_campaign()
    fan, phone = crowded.fan(campaign), new_phone()
    await crowded.warm_up(CALLERS)
    answers = await asyncio.gather(*(fan.register(phone) for _ in range(CALLERS)))
    assert Counter(map(outcome, answers)) == {"201": 1, "200": CALLERS - 1}
    assert crowded.world.texts.count(phone) == 1
    assert len({answer.json()["id"] for answer in answers}) == 1
    (token,) = {answer.json()["confirmation"]["token"] for answer in answers}
    assert ok(await fan.confirm(token, crowded.world.texts.code(phone)))["status"] == "confirmed"
    _tells_of(fan, ["created", "phone_confirmed"])


async def test_confirming_twenty_times_at_once_is_confirming_once(crowded: Stage) -> None:
    """The code may be used up by then, but nothing else of it happens twice; the receipt least of all."""
    campaign = crowded.world.open_campaign()
    asked = await crowded.fan(campaign).asked_for_code(new_phone())
    await crowded.warm_up(CALLERS)
    answers = await asyncio.gather(*(asked.answer() for _ in range(CALLERS)))
    assert "200" in map(outcome, answers)
    assert ok(await asked.answer())["revision"] == 2
    _tells_of(asked.fan, ["created", "phone_confirmed"])
    assert [message["about"] for message in asked.fan.document()["outbox"]].count("send_receipt") == 1


async def test_an_identical_repeat_changes_nothing(crowded: Stage) -> None:
    campaign = crowded.world.open_campaign()
    fan, phone = crowded.fan(campaign), new_phone()
    told: Body = {"firstName": "Ann", "optIns": {"news": True}, "attributes": {"seat": "1"}}
    for _ in ("while it waits for its code", "once it is confirmed"):
        asked_again = ok(await fan.register(phone, **told))
        stored = fan.document()
        answers = await asyncio.gather(*(fan.register(phone, **told) for _ in range(CALLERS)))
        assert [answer.json() for answer in answers] == [asked_again] * CALLERS
        assert fan.document() == stored
        if asked_again["confirmation"]:
            ok(await fan.confirm(asked_again["confirmation"]["token"], crowded.world.texts.code(phone)))
    assert (await fan.me())["status"] == "confirmed"


async def test_staff_s_changes_to_many_entries_at_once(crowded: Stage) -> None:
    """Scores, selections and a transfer, said twice each, meet on every entry of the campaign."""
    campaign = crowded.world.open_campaign(needs_phone_confirmation=False)
    fans = crowded.fans(campaign, CROWD)
    await _in_batches([fan.register(new_phone(), ["lax", "nyc"]) for fan in fans])
    users = [fan.id for fan in fans]
    results = await asyncio.gather(
        crowded.score(campaign, dict.fromkeys(users, 70)),
        crowded.score(campaign, dict.fromkeys(users, 70)),
        crowded.select(campaign, users),
        crowded.select(campaign, users),
        crowded.transfer(campaign, "nyc", "bos"),
        crowded.transfer(campaign, "nyc", "bos"),
    )
    assert [done["updated"] for done in results[2:4]] == [CROWD, CROWD]
    assert sum(done["moved"] for done in results[4:]) == CROWD, "each entry was moved by one of them"
    for entry in crowded.entries(campaign):
        assert (entry.score, entry.selection, entry.details.markets) == (70, "selected", ("lax", "bos"))
    for fan in fans:
        _tells_of(fan, ["created", "selected", "transferred"])


def _tells_of(fan: Fan, changes: Sequence[str]) -> None:
    """The messages that wait are those of the changes, each with the entry as it made it."""
    document = fan.document()
    events = [message for message in document["outbox"] if message["about"] not in ERRANDS]
    assert Counter(event["about"] for event in events) == Counter(changes)
    assert [event["revision"] for event in events] == list(range(1, len(changes) + 1))
    data = [json.loads(event["data"]) for event in events]
    assert [one["revision"] for one in data] == [event["revision"] for event in events]
    assert {one["createdAt"] for one in data} == {data[0]["createdAt"]}
    assert [one["updatedAt"] for one in data] == sorted(one["updatedAt"] for one in data), "time goes forward"
    assert document["revision"] == len(changes)
    assert len({message["id"] for message in document["outbox"]}) == len(document["outbox"])


async def _changed(fan: Fan, phone: str, **details: Any) -> Body:
    return ok(await fan.register(phone, **details))


async def _in_batches(calls: Sequence[Awaitable[Any]]) -> None:
    for start in range(0, len(calls), 50):
        await asyncio.gather(*calls[start : start + 50])
