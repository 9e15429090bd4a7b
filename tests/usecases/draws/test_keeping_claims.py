"""A claim on a draw is kept while a process works on it, however long a step takes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from domain.model.draws.draw import Draw, DrawStatus
from domain.usecases.draws.fill_draw import FillDrawCommand
from domain.usecases.draws.keep_claim import WORKING_FOR, KeepClaim
from domain.usecases.draws.run_draw import RunDraw
from tests.support.registrations import HOUR, TOUR
from tests.support.waiting import PATIENCE_SECONDS
from tests.usecases.draws.stage import RANDOMNESS, Fuse, Killed, Stage

OFTEN = timedelta(milliseconds=1)


async def a_stage() -> Stage:
    stage = Stage(fans=24)
    await stage.announce()
    return stage


def paused(stage: Stage, fuse: Fuse) -> RunDraw:
    """A process that renews its claims often, also while it waits at a step."""
    run, keep = stage.run(fuse), KeepClaim(draws=stage.store.draws, clock=stage.clock, every=OFTEN)
    return replace(run, keep=keep, fill=replace(run.fill, keep=keep))


async def claimed_anew(stage: Stage) -> None:
    """Let the claim lapse, and wait until it is renewed."""
    stage.clock.advance(WORKING_FOR)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_claimed(stage):
            await asyncio.sleep(0.001)


async def is_claimed(stage: Stage) -> bool:
    until = (await stage.read()).claimed_until
    return until is not None and until > stage.clock.now()


async def until_paused(fuse: Fuse) -> None:
    assert fuse.at is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while fuse.steps < fuse.at:
            await asyncio.sleep(0)


async def steps_of(stage: Stage) -> int:
    fuse = Fuse()
    await paused(stage, fuse)(stage.command())
    return fuse.steps


async def test_a_run_that_is_slow_at_any_step_keeps_its_claim() -> None:
    checked = 0
    for step in range(5, await steps_of(await a_stage()) + 1):  # From the first step behind the claim on.
        stage, released = await a_stage(), asyncio.Event()
        fuse = Fuse(at=step, wait_for=released)
        running = asyncio.create_task(paused(stage, fuse)(stage.command()))
        await until_paused(fuse)
        if (await stage.read()).unfinished:
            await claimed_anew(stage)
            assert await stage.resume() == 0, step
            checked += 1
        released.set()
        draw = await running

        assert (draw.status, draw.unfinished) == (DrawStatus.DRAWN, False), step
        assert stage.markets() == stage.expected(draw).markets, step
        assert set(stage.selected_events().values()) == {1}, step
    assert checked


async def test_a_filling_that_is_slow_at_any_step_keeps_its_claim_and_decides_once() -> None:
    stage = await left_by_one()
    fuse = Fuse()
    await paused(stage, fuse).fill(FillDrawCommand(campaign_id=TOUR, draw_id=stage.draw_id))
    expected = Counter(stage.markets().values())
    checked = 0
    for step in range(3, fuse.steps + 1):
        stage, released = await left_by_one(), asyncio.Event()
        fuse = Fuse(at=step, wait_for=released)
        command = FillDrawCommand(campaign_id=TOUR, draw_id=stage.draw_id)
        filling = asyncio.create_task(paused(stage, fuse).fill(command))
        await until_paused(fuse)
        if (await stage.read()).unfinished:
            await claimed_anew(stage)
            assert await stage.resume() == 0, step
            checked += 1
        released.set()
        filled = await filling

        assert not filled.draw.unfinished, step
        assert Counter(stage.markets().values()) == expected, step
        assert sum(filled.offered.values()) == 1, step
    assert checked


@dataclass(slots=True, kw_only=True)
class Slowly(Fuse):
    """Each step of a filling lasts longer than a claim."""

    stage: Stage

    async def burn(self) -> None:
        if (await self.stage.read()).filling and await is_claimed(self.stage):
            await claimed_anew(self.stage)


async def test_a_renewed_claim_does_not_make_a_filling_decide_anew() -> None:
    stage = await left_by_one()
    command = FillDrawCommand(campaign_id=TOUR, draw_id=stage.draw_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        filled = await paused(stage, Slowly(stage=stage)).fill(command)

    assert not filled.draw.unfinished
    assert sum(filled.offered.values()) == 1


async def left_by_one() -> Stage:
    """A drawn draw, with a place that was given up."""
    stage = await a_stage()
    draw = await stage.drawn()
    assert isinstance(draw, Draw)
    stage.clock.advance(HOUR)
    placed = [one for one, market in stage.expected(draw).markets.items() if market is not None]
    await stage.withdraw(placed[0])
    return stage


@pytest.mark.asyncio(loop_scope="function")  # The loop of the session has the tasks of other tests too.
async def test_no_renewal_outlives_the_work() -> None:
    stage = await a_stage()
    draw = await stage.store.draws.change(TOUR, stage.draw_id, lambda draw: draw.begin_run(RANDOMNESS))
    with pytest.raises(Killed):
        await work_and_end(stage, draw)

    left = await stage.read()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await asyncio.sleep(10 * OFTEN.total_seconds())
    assert await stage.read() == left


async def work_and_end(stage: Stage, draw: Draw) -> None:
    async with KeepClaim(draws=stage.store.draws, clock=stage.clock, every=OFTEN)(draw):
        await claimed_anew(stage)
        raise Killed
