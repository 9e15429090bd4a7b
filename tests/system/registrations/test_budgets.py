"""One fan's budget holds over all processes, however much is asked for at once."""

import asyncio
from collections import Counter

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Stage, outcome

NUMBERS = 60
CAMPAIGNS = 6
A_CAMPAIGN, A_DAY = 5, 10
BUDGET = "429 confirmation.budget"


async def test_sixty_numbers_at_once_in_one_campaign_are_five(crowded: Stage) -> None:
    fan, phones = crowded.fan(crowded.world.open_campaign()), [new_phone() for _ in range(NUMBERS)]
    await crowded.warm_up(NUMBERS)
    answers = await asyncio.gather(*map(fan.register, phones))
    told = Counter(map(outcome, answers))
    assert told == {"201": 1, "200": A_CAMPAIGN - 1, BUDGET: NUMBERS - A_CAMPAIGN}
    assert sum(map(crowded.world.texts.count, phones)) <= A_CAMPAIGN
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers if answer.status_code == 429)


async def test_sixty_numbers_at_once_in_six_campaigns_are_ten(crowded: Stage) -> None:
    first = crowded.fan(crowded.world.open_campaign())
    campaigns = [crowded.world.open_campaign() for _ in range(CAMPAIGNS)]
    phones = [new_phone() for _ in range(NUMBERS)]
    await crowded.warm_up(NUMBERS)
    answers = await asyncio.gather(
        *(
            crowded.fan(campaigns[number % CAMPAIGNS], first.id).register(phone)
            for number, phone in enumerate(phones)
        )
    )
    told = Counter(map(outcome, answers))
    assert told["201"] + told["200"] == A_DAY
    assert told[BUDGET] == NUMBERS - A_DAY
    assert sum(map(crowded.world.texts.count, phones)) <= A_DAY
    stored = [crowded.fan(campaign, first.id).is_stored() for campaign in campaigns]
    assert sum(stored) == told["201"], "what was refused left nothing"
