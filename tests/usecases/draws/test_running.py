"""Running a draw: entries get what the algorithm gives, each once, also when processes end at any step."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model.draws.allocation import allocate
from domain.model.draws.beacons import QUICKNET, DrandRequest, DrandRound
from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.draw import DrawStatus
from domain.model.draws.errors import (
    DrawAborted,
    DrawNotDrawn,
    DrawNotFound,
    DrawTooEarly,
    RandomnessMismatch,
)
from domain.model.draws.order import drawn_order
from domain.model.errors import InvalidValue, Unavailable
from domain.model.ids import BallotId, CampaignId
from domain.model.registrations.entry import Selection
from domain.model.registrations.markets import MarketId
from domain.usecases.draws.fill_draw import FillDrawCommand
from tests.support.registrations import BOS, HOUR, LAX, NOON, NYC, TOUR
from tests.usecases.draws.stage import PLACES, RANDOMNESS, Fuse, Killed, Stage, among

FANS = 24
Leave = Callable[[Stage, BallotId], Awaitable[None]]


async def announced(**changes: object) -> Stage:
    stage = Stage(fans=FANS, **changes)  # type: ignore[arg-type]  # fields of Stage
    await stage.announce()
    return stage


async def test_each_entrant_gets_what_the_algorithm_gives() -> None:
    stage = await announced()
    draw = await stage.drawn()
    expected = stage.expected(draw)

    assert draw.status is DrawStatus.DRAWN
    assert draw.result is not None
    assert (draw.result.placed, draw.result.waitlisted) == (expected.placed, expected.waitlisted)
    assert (draw.result.cutoffs, draw.result.result_digest) == (expected.cutoffs, expected.result_digest)
    assert stage.markets() == expected.markets
    for ballot_id, entry in stage.entries().items():
        placed = expected.markets[ballot_id] is not None
        assert entry.selection is (Selection.SELECTED if placed else Selection.WAITLISTED)
        assert entry.allocation is None or entry.allocation.draw_id == draw.id
    assert set(stage.selected_events().values()) == {1}
    assert len(stage.selected_events()) == FANS
    assert (draw.withheld, draw.fillings, draw.unfinished) == ({}, (), False)


async def test_running_a_drawn_draw_again_answers_the_same() -> None:
    stage = await announced()
    draw = await stage.drawn()
    entries = stage.entries()

    assert await stage.drawn() == draw
    assert await stage.run()(stage.command(None)) == draw
    assert stage.entries() == entries
    with pytest.raises(RandomnessMismatch):
        await stage.run()(stage.command("cd" * 32))


async def test_two_runs_at_once_give_one_result() -> None:
    stage = await announced()
    first, second = await asyncio.gather(stage.drawn(), stage.drawn())

    assert first.result == second.result
    assert stage.markets() == stage.expected(first).markets
    assert set(stage.selected_events().values()) == {1}


async def test_two_runs_at_once_with_different_randomness_are_one_draw() -> None:
    stage = await announced()
    ran = await asyncio.gather(
        stage.run()(stage.command()), stage.run()(stage.command("cd" * 32)), return_exceptions=True
    )

    assert [type(one) for one in ran].count(RandomnessMismatch) == 1
    assert stage.markets() == stage.expected(await stage.read()).markets


async def steps_of_a_run() -> int:
    stage, fuse = await announced(), Fuse()
    await stage.run(fuse)(stage.command())
    return fuse.steps


async def test_a_run_whose_process_ends_at_any_step_ends_the_same() -> None:
    steps = await steps_of_a_run()
    assert steps > 15
    for step in range(1, steps + 1):
        stage = await announced()
        with pytest.raises(Killed):
            await stage.run(Fuse(at=step))(stage.command())
        began = (await stage.read()).status is not DrawStatus.ANNOUNCED
        stage.clock.advance(HOUR)
        if began:
            await stage.resume()
        else:
            await stage.drawn()
        draw = await stage.read()

        assert (draw.status, draw.unfinished) == (DrawStatus.DRAWN, False), step
        assert stage.markets() == stage.expected(draw).markets, step
        assert set(stage.selected_events().values()) == {1}, step
        assert len(stage.selected_events()) == FANS, step


@pytest.mark.parametrize("step", [13, 16, 19, 21, 22, 23, 24, 25, 26])
async def test_chunks_that_were_done_are_not_looked_at_again(step: int) -> None:
    """Two chunks at a time: the process ends while they are worked on, behind them, or in the third."""
    stage = Stage(fans=2 * CHUNK_LINES + 6)
    await stage.announce()
    with pytest.raises(Killed):
        await stage.run(Fuse(at=step))(stage.command())
    done = (await stage.read()).applied
    assert done in {0, 2, 3}
    first = [line.split(b",")[0].decode() for line in (await anext(stage.results())).lines]
    for ballot_id in first if done else ():  # Staff begin anew with these.
        await stage.reset(BallotId(ballot_id))
    stage.clock.advance(HOUR)
    await stage.resume()

    draw = await stage.read()
    assert (draw.applied, draw.status) == (3, DrawStatus.DRAWN)
    left_alone = set(first) if done else set()
    assert {one for one, entry in stage.entries().items() if entry.selection is Selection.NONE} == left_alone
    assert set(stage.selected_events().values()) == {1}


async def test_a_worker_leaves_a_draw_alone_that_a_process_works_on() -> None:
    stage = await announced()
    with pytest.raises(Killed):
        await stage.run(Fuse(at=12))(stage.command())
    before = await stage.read()
    assert before.unfinished

    assert await stage.resume() == 0
    assert await stage.read() == before
    stage.clock.advance(HOUR)
    assert await stage.resume() == 1
    assert await stage.resume() == 0


@pytest.mark.parametrize("leave", [Stage.withdraw, Stage.decline], ids=["withdraw", "decline"])
async def test_places_of_those_who_left_before_the_run_go_to_the_next(leave: Leave) -> None:
    """Their lines keep their turns. The result of the draw does not change; the filling follows at once."""
    stage = await announced()
    order = drawn_order(stage.lines, (await stage.read()).begin_run(RANDOMNESS).key())
    expected = allocate(order, PLACES)
    gone = [one for one, market in expected.markets.items() if market is not None][:4]
    waiting = {one for one, market in expected.markets.items() if market is None}
    freed = Counter(market for one in gone if (market := expected.markets[one]))
    for ballot_id in gone:
        await leave(stage, ballot_id)
    draw = await stage.drawn()
    offers = among(order, waiting, freed)

    assert draw.result is not None
    assert draw.result.result_digest == expected.result_digest
    assert draw.withheld == freed
    assert [one.offered for one in draw.fillings] == [+Counter(offers.placed)]
    assert {one: market for one, market in stage.markets().items() if one not in gone} == {
        **{one: market for one, market in expected.markets.items() if one not in gone},
        **offers.markets,
    }


async def test_a_filling_offers_freed_places_in_the_order_of_the_draw() -> None:
    stage = await announced()
    draw = await stage.drawn()
    expected = stage.expected(draw)
    placed = [one for one, market in expected.markets.items() if market is not None]
    await stage.withdraw(placed[0])
    await stage.decline(placed[4])
    freed = dict.fromkeys(PLACES, 0)
    for one in (placed[0], placed[4]):
        market = expected.markets[one]
        assert market is not None
        freed[market] += 1
    waiting = {one for one, market in expected.markets.items() if market is None}

    filled = await stage.run().fill(FillDrawCommand(campaign_id=TOUR, draw_id=draw.id))
    offers = among(stage.order(draw), waiting, freed)

    assert filled.offered == +Counter(offers.placed)
    for ballot_id, market in offers.markets.items():
        entry = stage.entries()[ballot_id]
        assert (entry.allocation and entry.allocation.market) == market
        assert entry.selection is (Selection.SELECTED if market else Selection.WAITLISTED)
        assert stage.selected_events()[entry.user_id] == (2 if market else 1)
    again = await stage.run().fill(FillDrawCommand(campaign_id=TOUR, draw_id=draw.id))
    assert again.offered == {}
    assert again.draw.fillings == filled.draw.fillings


async def test_added_places_go_to_those_who_wait_and_no_entrant_is_moved() -> None:
    stage = await announced()
    draw = await stage.drawn()
    before = stage.markets()
    waiting = {one for one, market in before.items() if market is None}
    added: dict[str, int] = {NYC: 2, LAX: 1}

    filled = await stage.run().fill(FillDrawCommand(campaign_id=TOUR, draw_id=draw.id, places=added))
    offers = among(stage.order(draw), waiting, by_market(added))

    assert stage.markets() == {**before, **offers.markets}
    assert filled.draw.places == {NYC: 5, BOS: 2, LAX: 5}
    assert [(one.number, one.places, one.offered) for one in filled.draw.fillings] == [(1, added, filled.offered)]
    assert filled.draw.result == draw.result


async def test_what_a_filling_would_do_is_said_before_and_nothing_changes() -> None:
    stage = await announced()
    draw = await stage.drawn()
    placed = [one for one, market in stage.markets().items() if market is not None]
    await stage.withdraw(placed[0])
    before = stage.markets()
    command = FillDrawCommand(campaign_id=TOUR, draw_id=draw.id, places={NYC: 2, LAX: 1})

    foreseen = await stage.run().fill.foresee(command)

    assert stage.markets() == before
    assert sum(foreseen.free.values()) == 4
    filled = await stage.run().fill(command)
    assert filled.draw.fillings[0].number == 1  # Looking has begun no filling.
    assert foreseen.offered == filled.offered


def by_market(places: Mapping[str, int]) -> dict[MarketId, int]:
    return {MarketId(market): count for market, count in places.items()}


async def test_a_filling_whose_process_ends_at_any_step_ends_the_same() -> None:
    added: dict[str, int] = {NYC: 2, BOS: 1}

    async def filled(at: int | None) -> tuple[Stage, Fuse]:
        stage = await announced()
        draw = await stage.drawn()
        fuse = Fuse(at=at)
        command = FillDrawCommand(campaign_id=TOUR, draw_id=draw.id, places=added)
        if at is None:
            await stage.run(fuse).fill(command)
            return stage, fuse
        with pytest.raises(Killed):
            await stage.run(fuse).fill(command)
        stage.clock.advance(HOUR)
        if (await stage.read()).filling:
            await stage.resume()
        elif not (await stage.read()).fillings:
            await stage.run().fill(command)
        return stage, fuse

    _, whole = await filled(None)
    for step in range(1, whole.steps + 1):
        stage, _ = await filled(step)
        draw = await stage.read()
        expected = stage.expected(draw)
        waiting = {one for one, market in expected.markets.items() if market is None}
        offers = among(stage.order(draw), waiting, by_market(added))

        assert not draw.unfinished, step
        assert stage.markets() == {**expected.markets, **offers.markets}, step
        assert draw.fillings[0].offered == +Counter(offers.placed), step
        for ballot_id, entry in stage.entries().items():
            assert stage.selected_events()[entry.user_id] == 1 + (offers.markets.get(ballot_id) is not None), step


async def test_fillings_at_once_give_no_place_twice() -> None:
    """One waits at each of its steps while another does all that there is to do, and a third begins."""
    for step in range(1, 40):
        stage = await announced()
        draw = await stage.drawn()
        go_on = asyncio.Event()
        command = FillDrawCommand(campaign_id=TOUR, draw_id=draw.id, places={NYC: 1, BOS: 1, LAX: 1})
        slow = asyncio.create_task(stage.run(Fuse(at=step, wait_for=go_on)).fill(command))
        await asyncio.sleep(0)
        await stage.run().fill(command)
        await stage.store.draws.change(TOUR, draw.id, lambda draw: draw.begin_filling({NYC: 1}, NOON))
        go_on.set()
        await slow
        await stage.resume()

        after = await stage.read()
        taken = await stage.store.candidates.placed(TOUR, draw.id)
        assert after.places == {NYC: PLACES[NYC] + 3, BOS: PLACES[BOS] + 2, LAX: PLACES[LAX] + 2}
        assert all(taken[market] <= count for market, count in after.places.items()), step
        assert max(stage.selected_events().values()) == 2, step
        assert not after.unfinished, step


@pytest.mark.parametrize("places", [{"paris": 1}, {NYC: 0}, {NYC: -1}, {NYC: 10_000_001}], ids=str)
async def test_places_that_cannot_be_added_are_refused(places: dict[str, int]) -> None:
    stage = await announced()
    draw = await stage.drawn()
    with pytest.raises(InvalidValue) as refused:
        await stage.run().fill(FillDrawCommand(campaign_id=TOUR, draw_id=draw.id, places=places))

    assert refused.value.field == "places"
    assert await stage.read() == draw


async def test_a_draw_is_filled_only_when_it_is_drawn() -> None:
    stage = await announced()
    command = FillDrawCommand(campaign_id=TOUR, draw_id=stage.draw_id)
    with pytest.raises(DrawNotDrawn):
        await stage.run().fill(command)
    await stage.store.draws.change(TOUR, stage.draw_id, lambda draw: draw.abort(NOON))
    with pytest.raises(DrawAborted):
        await stage.run().fill(command)
    with pytest.raises(DrawAborted):
        await stage.drawn()
    with pytest.raises(DrawNotFound):
        await stage.run().fill(replace(command, campaign_id=CampaignId("other")))


async def test_a_manual_draw_needs_randomness() -> None:
    stage = await announced()
    for wrong in (None, "", "ab" * 31, "zz" * 32):
        with pytest.raises(InvalidValue) as refused:
            await stage.run()(stage.command(wrong))
        assert refused.value.field == "randomness"
    assert (await stage.read()).status is DrawStatus.ANNOUNCED


async def drand_stage() -> tuple[Stage, DrandRound]:
    beacon = DrandRequest().fixed(NOON, HOUR)
    return await announced(beacon=beacon), beacon


async def test_a_draw_of_drand_waits_for_its_round() -> None:
    stage, beacon = await drand_stage()
    with pytest.raises(DrawTooEarly):
        await stage.run()(stage.command(None))
    stage.clock.advance(HOUR + timedelta(seconds=3))
    with pytest.raises(DrawTooEarly):  # The beacon is late: wait for this round.
        await stage.run()(stage.command(None))
    stage.drand.publish(beacon.round + 1, "cd" * 32)
    with pytest.raises(DrawTooEarly):
        await stage.run()(stage.command(None))
    with pytest.raises(InvalidValue):  # Not even staff may give it.
        await stage.run()(stage.command())
    assert (await stage.read()).status is DrawStatus.ANNOUNCED

    stage.clock.advance(1_000 * HOUR)
    stage.drand.publish(beacon.round, RANDOMNESS)
    draw = await stage.run()(stage.command(None))
    assert (draw.status, draw.randomness) == (DrawStatus.DRAWN, RANDOMNESS)
    assert QUICKNET.published_at(beacon.round) < stage.clock.now()


async def test_a_beacon_that_is_down_changes_nothing() -> None:
    stage, beacon = await drand_stage()
    stage.clock.advance(2 * HOUR)
    stage.drand.publish(beacon.round, RANDOMNESS)
    stage.drand.answer(answers=False)
    with pytest.raises(Unavailable):
        await stage.run()(stage.command(None))
    assert (await stage.read()).status is DrawStatus.ANNOUNCED
    stage.drand.answer(answers=True)
    assert (await stage.run()(stage.command(None))).status is DrawStatus.DRAWN
