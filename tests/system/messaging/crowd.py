"""Fans who register, confirm and change their minds, beside staff who move and select them.

All are as persistent as good clients: a caller that gets no answer asks again.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Body, Fan, Stage

STEP_SECONDS: Final = (0.0, 0.6)
"""Between these a fan thinks before the next step."""
STAFF_SECONDS: Final = 0.7
SELECTED_AT_ONCE: Final = 20
MOVES: Final = (("nyc", "lax"), ("bos", "sfo"), ("lax", "nyc"))
"""Transfers, one after the other, evenly over the time that fans come."""
PAUSE_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 60.0
NOT_NOW: Final = 503
TOO_SLOW: Final = 408
"""These callers share an event loop with what starts the processes. When that takes long, they send too slowly."""


@dataclass(slots=True)
class Crowd:
    stage: Stage
    campaign: str
    fans: int
    a_second: float
    """So many come; each makes half a dozen changes."""
    told: list[Body] = field(default_factory=list)
    """The entry in each answer, as it was given."""

    async def come(self) -> None:
        """Returns when every fan has done all steps."""
        fans = self.stage.fans(self.campaign, self.fans)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._move_and_select([fan.id for fan in fans]))
            for number, fan in enumerate(fans):
                group.create_task(self._live(fan, random.Random(number), number / self.a_second))

    async def _live(self, fan: Fan, dice: random.Random, seconds: float) -> None:
        await asyncio.sleep(seconds)
        phone = new_phone()

        async def say(**words: Any) -> Body:
            await asyncio.sleep(dice.uniform(*STEP_SECONDS))
            return await self._hear(lambda: fan.register(phone, ["nyc", "bos"], **words))

        await say()
        await self._confirm(fan, phone, await say(firstName="Ann"))
        await asyncio.gather(say(lastName="Lee"), say(optIns={"news": True}), say(attributes={"seat": "1"}))
        if dice.random() < 1 / 5:
            phone = new_phone()
            await self._confirm(fan, phone, await say())

    async def _confirm(self, fan: Fan, phone: str, entry: Body) -> None:
        """Who has not got the code that goes with the token, since the service died over sending it, would ask for
        another after a while; and this one does not wait."""
        asked, texts = entry["confirmation"], self.stage.world.texts
        if asked is None or asked["token"] is None or not texts.count(phone):
            return
        answer = await insist(lambda: fan.confirm(asked["token"], texts.code(phone)))
        if answer.is_success:
            self._remember(answer.json())

    async def _hear(self, ask: Callable[[], Awaitable[httpx2.Response]]) -> Body:
        answer = await insist(ask)
        assert answer.is_success, answer.text
        body: Body = answer.json()
        self._remember(body)
        return body

    def _remember(self, entry: Body) -> None:
        self.told.append({name: value for name, value in entry.items() if name != "confirmation"})

    async def _move_and_select(self, users: list[str]) -> None:
        dice = random.Random(0)
        seconds = self.fans / self.a_second
        rounds = int(seconds / STAFF_SECONDS)
        moves = {round((place + 1) * rounds / (len(MOVES) + 1)): move for place, move in enumerate(MOVES)}
        for number in range(rounds):
            await asyncio.sleep(STAFF_SECONDS)
            chosen = dice.sample(users, SELECTED_AT_ONCE)
            await self._staff("selection", {"userIds": chosen, "selection": ("selected", "declined")[number % 2]})
            if number in moves:
                source, target = moves[number]
                await self._staff("transfer", {"from": source, "to": target})

    async def _staff(self, path: str, body: Body) -> None:
        answer = await insist(lambda: self.stage.post(self.campaign, f"entries/{path}", body))
        assert answer.is_success, answer.text


async def insist(ask: Callable[[], Awaitable[httpx2.Response]]) -> httpx2.Response:
    """Ask, and as long as the service cannot answer, ask the same again: what was done already stays done."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await ask()
        except httpx2.TransportError:
            pass
        else:
            if answer.status_code not in {NOT_NOW, TOO_SLOW}:
                return answer
        assert time.monotonic() < deadline, "the service did not recover"
        await asyncio.sleep(PAUSE_SECONDS)
