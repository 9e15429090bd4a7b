"""The worker's loop, the same as in production, over memory adapters and a clock that tests move."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.memory.objects import MemoryObjectStore
from adapters.memory.queues import MemoryQueue
from domain.model.codes.code import CodeEvent, CodeStatus, CodeType
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import Shares
from domain.usecases.codes.begin_import import ImportCodesCommand
from domain.usecases.codes.reserve_codes import ReserveCodesCommand
from entrypoints.application import Application
from entrypoints.bootstrap import application
from entrypoints.config.settings import Settings
from entrypoints.worker.loop import repeat, sweeping, work
from entrypoints.worker.relay import relay
from ports.messaging import ScoreRetry
from ports.system import Leases, SharesChange
from tests.support.codes import ManualClock

C1, STAFF = CampaignId("c1"), UserId("staff")
KEY = "codes/c1/tm/a.csv"


async def reserve_one(app: Application) -> None:
    await app.codes.run_import(await app.codes.begin_import(ImportCodesCommand(campaign_id=C1, key=KEY, by=STAFF)))
    await app.codes.reserve(ReserveCodesCommand(campaign_id=C1, type=CodeType.TM, count=1, by=STAFF))


async def events(app: Application) -> list[CodeEvent]:
    """The stored history, without lapses that follow from the clock alone."""
    code = (await app.codes.history(C1, "A1")).code
    return [transition.event for transition in code.transitions]


async def test_a_drain_sweeps_what_has_lapsed_and_returns() -> None:
    """code-service REQ-003: 24 hours, unless assigned."""
    clock, settings = ManualClock(), Settings(store="memory:", objects="memory:")
    async with application(settings, clock=clock, objects=MemoryObjectStore({KEY: b"A1\n"})) as app:
        await reserve_one(app)

        clock.advance(timedelta(hours=24) - timedelta(milliseconds=1))
        await work(app, settings, asyncio.Event(), drain=True)
        assert await events(app) == [CodeEvent.RESERVED]

        clock.advance(timedelta(milliseconds=1))
        await work(app, settings, asyncio.Event(), drain=True)
        assert await events(app) == [CodeEvent.RESERVED, CodeEvent.EXPIRED]
        story = await app.codes.history(C1, "A1")
        assert story.code.status(clock.now()) is CodeStatus.AVAILABLE


async def test_a_drain_deletes_dead_letters_of_registrations_that_are_gone() -> None:
    settings = Settings(store="memory:", objects="memory:")
    async with application(settings) as app:
        queue = app.messaging.queue
        assert isinstance(queue, MemoryQueue)
        queue.dead.append(ScoreRetry(id="job-1", campaign_id=C1, user_id=UserId("gone")))

        await work(app, settings, asyncio.Event(), drain=True)

        assert queue.dead == []


async def test_a_chore_that_fails_in_an_unexpected_way_ends_neither_itself_nor_the_others() -> None:
    tries, done, stop = 0, 0, asyncio.Event()

    async def failing() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("what the driver says may hold a code")
        stop.set()
        return 0

    async def other() -> int:
        nonlocal done
        done += 1
        return 0

    await asyncio.gather(
        repeat(failing, "swept", 0.001, stop, once=False), repeat(other, "swept", 0.001, stop, once=False)
    )

    assert tries == 3
    assert done > 1


async def test_a_store_of_its_own_is_swept_by_the_service_itself() -> None:
    clock, settings = (
        ManualClock(),
        Settings(store="memory:", objects="memory:", sweep_interval=timedelta(seconds=0.01)),
    )
    async with (
        application(settings, clock=clock, objects=MemoryObjectStore({KEY: b"A1\n"})) as app,
        sweeping(app, settings, wanted=True),
    ):
        await reserve_one(app)
        clock.advance(timedelta(days=2))
        async with asyncio.timeout(30):
            while await events(app) != [CodeEvent.RESERVED, CodeEvent.EXPIRED]:
                await asyncio.sleep(0.01)


async def test_after_a_stop_signal_it_does_not_begin_again() -> None:
    clock, settings = ManualClock(), Settings(store="memory:", objects="memory:")
    stop = asyncio.Event()
    stop.set()
    async with application(settings, clock=clock, objects=MemoryObjectStore({KEY: b"A1\n"})) as app:
        await reserve_one(app)
        clock.advance(timedelta(days=2))

        await work(app, settings, stop)

        assert await events(app) == [CodeEvent.RESERVED]


@dataclass(frozen=True, slots=True)
class DeafLeases:
    """Loses the cancellations that reach it, as PyMongo does now and then."""

    leases: Leases

    async def current(self) -> tuple[Shares, datetime]:
        return await self.leases.current()

    async def change(self, change: SharesChange) -> tuple[Shares, datetime]:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)
        return await self.leases.change(change)


def _deafened(app: Application) -> Application:
    leases = DeafLeases(app.messaging.leases)
    return replace(app, messaging=replace(app.messaging, leases=leases))


async def test_it_ends_although_a_cancellation_was_lost() -> None:
    settings, stop = Settings(store="memory:", objects="memory:"), asyncio.Event()
    async with application(settings) as app:
        relaying = asyncio.create_task(relay(_deafened(app), settings.relay_lease, stop))
        await asyncio.sleep(0.1)
        stop.set()

        done, _ = await asyncio.wait([relaying], timeout=30)

        assert done == {relaying}
