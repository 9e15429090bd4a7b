"""Half of the storm: one process with tasks that reserve, assign, release, sweep and count as fast as they can.

Run as a program with its orders as JSON. It says ``ready``, waits for a line, and writes down every step.
"""

import asyncio
import itertools
import json
import random
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from domain.model.codes.code import CodeType
from domain.model.errors import DomainError, Unavailable
from domain.model.ids import CampaignId, ReserveId, UserId
from domain.usecases.codes.assign_codes import AssignCodesCommand, Assigned, Assignment
from domain.usecases.codes.release_codes import ReleaseCodesCommand
from domain.usecases.codes.reserve_codes import ReserveCodesCommand
from entrypoints.application import Application
from entrypoints.bootstrap import application
from entrypoints.config.settings import Settings
from tests.system.codes.history import Outcome, Recorder, Words

CAMPAIGN: Final = CampaignId("storm")
CUT_OFF: Final = 0.05
"""The share of calls that are cancelled half-way."""
CUT_OFF_WITHIN_SECONDS: Final = 0.02
SHARED_IDS: Final = 24
"""ReserveIds that the tasks of all processes use, at the same time and again and again."""

Work = Callable[[UserId], Awaitable[Words]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    store: str
    reservation_ttl: str
    process: int
    tasks: int
    steps: int
    history: str

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


@dataclass(slots=True)
class Caller:
    """One task of the storm."""

    name: str
    app: Application
    recorder: Recorder
    recent: deque[Words]
    """Reservations that any task of this process was given lately, lapsed ones among them."""
    dice: random.Random
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def run(self, steps: int) -> None:
        moves = [self.reserve, self.repeat, self.assign, self.release, self.pause, self.sweep, self.count]
        for move in self.dice.choices(moves, weights=[45, 10, 10, 15, 5, 3, 12], k=steps):
            await move()

    async def reserve(self) -> None:
        choice = self.dice.random()
        if choice < 0.5:
            await self._reserve(self.dice.randint(1, 4), None)
        elif choice < 0.9:
            number = self.dice.randrange(SHARED_IDS)
            await self._reserve(1 + number % 4, f"shared-{number:03}")
        else:
            await self._reserve(self.dice.randint(1, 4), f"{self.name}-{next(self.numbers)}")

    async def repeat(self) -> None:
        if self.recent:
            earlier = self.dice.choice(self.recent)
            await self._reserve(len(earlier["codes"]), earlier["reserveId"])

    async def _reserve(self, count: int, reserve_id: str | None) -> None:
        async def work(by: UserId) -> Words:
            wanted = ReserveId(reserve_id) if reserve_id else None
            given = await self.app.codes.reserve(
                ReserveCodesCommand(campaign_id=CAMPAIGN, type=CodeType.TM, count=count, reserve_id=wanted, by=by)
            )
            answer: Words = {
                "reserveId": given.reserve_id,
                "codes": given.codes,
                "reservedAt": given.reserved_at.timestamp(),
                "expiresAt": given.expires_at.timestamp(),
            }
            self.recent.append(answer)
            return answer

        await self._step("reserve", {"count": count, "reserveId": reserve_id}, work)

    async def assign(self) -> None:
        if not self.recent:
            return
        held = self.dice.choice(self.recent)
        users = {self.dice.choice(held["codes"]): f"fan-{self.dice.randrange(1_000)}"}

        async def work(by: UserId) -> Words:
            outcome = await self.app.codes.assign(
                AssignCodesCommand(
                    campaign_id=CAMPAIGN,
                    reserve_id=ReserveId(held["reserveId"]),
                    assignments=[Assignment(code=code, user_id=UserId(user)) for code, user in users.items()],
                    by=by,
                )
            )
            assigned = [result for result in outcome if isinstance(result, Assigned)]
            return {"assigned": {result.assignment.code: result.at.timestamp() for result in assigned}}

        await self._step("assign", {"reserveId": held["reserveId"], "users": users}, work)

    async def release(self) -> None:
        if not self.recent:
            return
        held = self.dice.choice(self.recent)
        codes = None
        if self.dice.random() < 0.5:
            codes = self.dice.sample(held["codes"], self.dice.randint(1, len(held["codes"])))

        async def work(by: UserId) -> Words:
            released = await self.app.codes.release(
                ReleaseCodesCommand(
                    campaign_id=CAMPAIGN, reserve_id=ReserveId(held["reserveId"]), codes=codes, by=by
                )
            )
            return {"released": released.count}

        await self._step("release", {"reserveId": held["reserveId"], "codes": codes}, work)

    async def pause(self) -> None:
        await asyncio.sleep(self.dice.uniform(0.1, 0.8))

    async def sweep(self) -> None:
        async def work(_: UserId) -> Words:
            return {"swept": await self.app.codes.sweep()}

        await self._step("sweep", {}, work)

    async def count(self) -> None:
        async def work(_: UserId) -> Words:
            counts = (await self.app.codes.count(CAMPAIGN)).total
            return {"available": counts.available, "reserved": counts.reserved, "assigned": counts.assigned}

        await self._step("count", {}, work)

    async def _step(self, verb: str, asked: Words, work: Work) -> None:
        id = f"{self.name}.{next(self.numbers)}"
        self.recorder.began(id, verb, asked)
        outcome, answer = await self._done(asyncio.ensure_future(work(UserId(id))))
        self.recorder.ended(id, outcome, answer)

    async def _done(self, call: "asyncio.Future[Words]") -> tuple[Outcome, Words]:
        try:
            if self.dice.random() < CUT_OFF:
                await asyncio.sleep(self.dice.choice([0.0, self.dice.uniform(0, CUT_OFF_WITHIN_SECONDS)]))
                call.cancel()
            return Outcome.OK, await call
        except (asyncio.CancelledError, Unavailable):
            return Outcome.INFO, {}
        except DomainError as refusal:
            return Outcome.FAIL, {"code": refusal.code, **refusal.context}


async def storm(orders: Orders) -> None:
    settings = Settings(store=orders.store, objects="memory:", reservation_ttl=orders.reservation_ttl)
    with Path(orders.history).open("w") as file:
        recorder = Recorder(file)
        recent: deque[Words] = deque(maxlen=50)
        async with application(settings) as app:
            await app.codes.count(CAMPAIGN)
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            async with asyncio.TaskGroup() as tasks:
                for number in range(orders.tasks):
                    name = f"p{orders.process}.t{number:02}"
                    caller = Caller(name, app, recorder, recent, random.Random(name))
                    tasks.create_task(caller.run(orders.steps))


if __name__ == "__main__":
    asyncio.run(storm(Orders(**json.loads(sys.argv[1]))))
