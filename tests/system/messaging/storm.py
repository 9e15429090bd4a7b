"""A crowd, whatever goes wrong meanwhile, and the books when it is over."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from adapters.mongo.entries.mapping import to_entry
from domain.model.messaging.messages import entry_data
from tests.support.servers.reading import Published
from tests.support.servers.worker import worker
from tests.support.world import World
from tests.system.messaging.crowd import Crowd
from tests.system.messaging.ledger import Ledger, Remembered
from tests.system.messaging.trouble import workers_die
from tests.system.registrations.stage import a_stage

WORKERS: Final = 2
LEASE_SECONDS: Final = "1"
"""Short, so that what a killed worker held is soon taken over."""
UNLIMITED: Final = {"FANGATE_RATE_WRITES_PER_MINUTE": "0"}
DRAINED_WITHIN_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1

Trouble = Callable[[asyncio.Event], Coroutine[Any, Any, int]]


@dataclass(frozen=True, slots=True)
class Storm:
    crowd: Crowd
    settings: Mapping[str, str]
    """Of the service and of the workers."""

    async def rage(self, *troubles: Trouble) -> list[int]:
        """While the crowd is there, workers die and ``troubles`` go on; how often each struck, deaths first."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            struck = [group.create_task(trouble(enough)) for trouble in (self._deaths, *troubles)]
            await self.crowd.come()
            enough.set()
        return [one.result() for one in struck]

    async def _deaths(self, enough: asyncio.Event) -> int:
        return sum(await asyncio.gather(*(workers_die(self.settings, enough, seed) for seed in range(WORKERS))))

    def calm(self) -> None:
        """Everything is well, and one worker passes on what is left."""
        with worker(self.settings) as last:
            deadline = time.monotonic() + DRAINED_WITHIN_SECONDS
            while self.waiting() and time.monotonic() < deadline:
                time.sleep(LOOK_SECONDS)
            assert last.stop() == 0

    def ledger(self, published: Sequence[Published]) -> Ledger:
        entries = [to_entry(document) for document in self.crowd.stage.stored.find()]
        return Ledger(
            told=self.crowd.told,
            stored={f"{entry.campaign_id}:{entry.user_id}": entry_data(entry) for entry in entries},
            remembered=self._remembered(),
            published=published,
            waiting=self.waiting(),
            parked=self.crowd.stage.stored.database["parkedMessages"].count_documents({}),
        )

    def waiting(self) -> int:
        return self.crowd.stage.stored.count_documents({"outbox.0": {"$exists": True}})

    def _remembered(self) -> dict[str, Remembered]:
        rows = self.crowd.stage.stored.database["publishedEvents"].find()
        return {
            event["id"]: Remembered(type=event["type"], subject=event["subject"], revision=event["revision"])
            for row in rows
            for event in row["events"]
        }


@asynccontextmanager
async def a_storm(
    world: World, store: str, more: Mapping[str, str], *, fans: int, a_second: float
) -> AsyncIterator[Storm]:
    """``more`` is what service and workers need to be told besides, such as the stream."""
    async with a_stage(world, store, more) as stage:
        crowd = Crowd(stage, world.open_campaign(), fans, a_second)
        ours = {"FANGATE_STORE": store, "FANGATE_RELAY_LEASE": LEASE_SECONDS, **UNLIMITED}
        yield Storm(crowd, {**world.settings, **ours, **more})
