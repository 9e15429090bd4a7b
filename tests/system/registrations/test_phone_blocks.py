"""Failed confirmations of strangers block a number: in that campaign, for those who do not own it (REQ-009)."""

import asyncio
from collections.abc import Sequence
from typing import Final

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Asked, Stage, outcome

ATTEMPTS: Final = 5
TO_BLOCK: Final = 3
UNAVAILABLE: Final = "409 phone.unavailable"


async def test_three_exhausted_challenges_block_the_number_in_that_campaign(crowded: Stage) -> None:
    campaign, elsewhere, phone = crowded.world.open_campaign(), crowded.world.open_campaign(), new_phone()
    asked = await _strangers(crowded, campaign, phone)
    await _exhaust(asked[: TO_BLOCK - 1])
    assert outcome(await crowded.fan(campaign).register(phone)) == "201", "two are not enough"
    await _exhaust(asked[TO_BLOCK - 1 :])
    newcomer = crowded.fan(campaign)
    assert outcome(await newcomer.register(phone)) == UNAVAILABLE
    assert not newcomer.is_stored()
    assert outcome(await crowded.fan(elsewhere).register(phone)) == "201"
    assert outcome(await newcomer.register(new_phone())) == "201"


async def test_challenges_exhausted_in_the_same_instant_are_all_counted(crowded: Stage) -> None:
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = await _strangers(crowded, campaign, phone)
    await asyncio.gather(*(one.answer(code) for one in asked for code in one.wrong[:ATTEMPTS]))
    assert outcome(await crowded.fan(campaign).register(phone)) == UNAVAILABLE


async def _strangers(stage: Stage, campaign: str, phone: str) -> list[Asked]:
    return [await fan.asked_for_code(phone) for fan in stage.fans(campaign, TO_BLOCK)]


async def _exhaust(asked: Sequence[Asked]) -> None:
    for one in asked:
        for code in one.wrong[:ATTEMPTS]:
            assert outcome(await one.answer(code)) == "422 confirmation.wrong_code"
