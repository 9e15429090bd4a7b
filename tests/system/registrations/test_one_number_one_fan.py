"""One number, one fan: the first fan has it, even if others come at that instant (entry-service REQ-002)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import httpx2
import pytest

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Stage, outcome

FANS: Final = 50
ONE_OF_FIFTY: Final = Counter({"409 phone.unavailable": FANS - 1, "200": 1})


async def test_of_fifty_fans_who_confirm_a_number_at_once_one_is_confirmed(crowded: Stage) -> None:
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = [await fan.asked_for_code(phone) for fan in crowded.fans(campaign, FANS)]
    await crowded.warm_up(FANS)
    answers = await asyncio.gather(*(one.answer() for one in asked))
    assert Counter(map(outcome, answers)) == ONE_OF_FIFTY
    assert _confirmed(crowded, campaign) == [_winner(answers)]
    assert len(crowded.entries(campaign)) == FANS
    assert _told(crowded, campaign) == Counter(created=FANS, phone_confirmed=1, send_receipt=1)


@pytest.mark.parametrize("needed", [True, False], ids=["verified_on_the_account", "no_confirmation_needed"])
async def test_of_fifty_fans_confirmed_on_registering_one_is_registered(crowded: Stage, needed: bool) -> None:
    campaign, phone = crowded.world.open_campaign(needs_phone_confirmation=needed), new_phone()
    fans = crowded.fans(campaign, FANS)
    for fan in fans if needed else ():
        crowded.world.vouch(fan.id, phone)
    await crowded.warm_up(FANS)
    answers = await asyncio.gather(*(fan.register(phone) for fan in fans))
    assert Counter(map(outcome, answers)) == Counter({"409 phone.unavailable": FANS - 1, "201": 1})
    assert _confirmed(crowded, campaign) == [_winner(answers)]
    assert len(crowded.entries(campaign)) == 1, "who was refused is not half stored"
    assert _told(crowded, campaign) == Counter(created=1, send_receipt=1)
    assert crowded.world.texts.count(phone) == 0


async def test_confirming_and_being_confirmed_by_the_account_at_once(crowded: Stage) -> None:
    """The two ways to the same number meet."""
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = [await fan.asked_for_code(phone) for fan in crowded.fans(campaign, FANS // 2)]
    vouched = crowded.fans(campaign, FANS // 2)
    for fan in vouched:
        crowded.world.vouch(fan.id, phone)
    await crowded.warm_up(FANS)
    answers = await asyncio.gather(*(one.answer() for one in asked), *(fan.register(phone) for fan in vouched))
    assert sum(answer.is_success for answer in answers) == 1
    assert Counter(map(outcome, answers))["409 phone.unavailable"] == FANS - 1
    assert _confirmed(crowded, campaign) == [_winner(answers)]


def _winner(answers: Sequence[httpx2.Response]) -> Any:
    (body,) = [answer.json() for answer in answers if answer.is_success]
    assert body["status"] == "confirmed"
    return body["userId"]


def _confirmed(stage: Stage, campaign: str) -> list[str]:
    return [entry.user_id for entry in stage.entries(campaign) if entry.confirmed]


def _told(stage: Stage, campaign: str) -> Counter[str]:
    messages = (message for document in stage.documents(campaign) for message in document.get("outbox", ()))
    return Counter(message["about"] for message in messages if message["about"] != "retry_fanscore")
