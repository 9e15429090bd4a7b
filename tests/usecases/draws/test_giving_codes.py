"""Giving codes to those with a place: each gets one, and no code is lost, also when processes end at any step."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import pytest

from domain.model.codes.code import CodeType
from domain.model.codes.errors import CodesExhausted
from domain.model.codes.inventory import CodeFilter
from domain.model.draws.errors import DrawAborted, DrawNotDrawn, DrawNotFound
from domain.model.ids import DrawId, UserId
from domain.usecases.codes.assign_codes import AssignCodes
from domain.usecases.codes.release_codes import ReleaseCodes
from domain.usecases.codes.reserve_codes import ReserveCodes
from domain.usecases.draws.fill_draw import FillDrawCommand
from domain.usecases.draws.give_codes import CodesGiven, GiveCodes, GiveCodesCommand
from domain.usecases.draws.placed_fans import PlacedFans
from domain.usecases.draws.read_draw import ReadDraw
from tests.support.codes import DAY, EXTERNAL, STAFF, TM, a_batch, a_claim, texts
from tests.support.registrations import NYC, TOUR
from tests.usecases.draws.stage import PLACES, Fuse, Killable, Killed, Stage

FANS: Final = 24
PLACED: Final = sum(PLACES.values())
TOGETHER: Final = 4


@dataclass(slots=True, kw_only=True)
class Desk:
    """A drawn draw, and codes for its fans."""

    stage: Stage = field(default_factory=lambda: Stage(fans=FANS))

    async def opened(self, codes: int) -> "Desk":
        await self.stage.announce()
        await self.stage.drawn()
        await self.stock(codes)
        return self

    async def stock(self, codes: int, *, prefix: str = "A", type: CodeType = TM) -> None:
        batch = a_batch(texts(prefix, codes), type=type, campaign_id=TOUR, import_id=f"import-{prefix}")
        await self.stage.store.pool.add(batch)

    def giving(self, fuse: Fuse | None = None) -> GiveCodes:
        """The use case of one process."""
        store, clock = self.stage.store, self.stage.clock
        ports = (store.draws, store.draw_results, store.candidates, store.catalogue, store.pool)
        draws, results, candidates, catalogue, pool = (Killable(port, fuse or Fuse()) for port in ports)
        return GiveCodes(
            read=ReadDraw(draws=draws),
            draws=draws,
            fans=PlacedFans(results=results, candidates=candidates, catalogue=catalogue, together=TOGETHER),
            catalogue=catalogue,
            pool=pool,
            reserve=ReserveCodes(pool=pool, clock=clock, ttl=DAY),
            assign=AssignCodes(pool=pool, clock=clock),
            release=ReleaseCodes(pool=pool, clock=clock),
            clock=clock,
        )

    async def give(self, fuse: Fuse | None = None, *, type: CodeType = TM) -> CodesGiven:
        command = GiveCodesCommand(campaign_id=TOUR, draw_id=self.stage.draw_id, type=type, by=STAFF)
        return await self.giving(fuse)(command)

    async def codes(self, type: CodeType = TM) -> dict[UserId, int]:
        """How many codes each fan has."""
        now = self.stage.clock.now()
        page = await self.stage.store.catalogue.page(TOUR, CodeFilter(type=type), after=None, limit=1_000, now=now)
        return Counter(code.assigned_to for code in page if code.assigned_to is not None)

    async def statuses(self) -> tuple[int, int, int]:
        counts = (await self.stage.store.catalogue.count(TOUR, self.stage.clock.now()))[TM]
        return counts.available, counts.reserved, counts.assigned

    async def shown_as_unfinished(self) -> bool:
        return TM in (await self.stage.read()).giving_codes

    def placed(self) -> dict[UserId, int]:
        """One code for each fan with a place."""
        return {entry.user_id: 1 for entry in self.stage.entries().values() if entry.allocation}


async def test_each_fan_with_a_place_gets_one_code() -> None:
    desk = await Desk().opened(PLACED + 3)
    assert len(desk.placed()) == PLACED

    assert await desk.give() == CodesGiven(given=PLACED, waiting=0)
    assert await desk.codes() == desk.placed()
    assert await desk.statuses() == (3, 0, PLACED)
    assert await desk.give() == CodesGiven(given=0, waiting=0)
    assert await desk.codes() == desk.placed()


async def test_each_type_is_given_apart() -> None:
    desk = await Desk().opened(PLACED)
    await desk.stock(PLACED, prefix="E", type=EXTERNAL)
    await desk.give()

    assert await desk.give(type=EXTERNAL) == CodesGiven(given=PLACED, waiting=0)
    assert await desk.codes() == await desk.codes(EXTERNAL) == desk.placed()


async def test_a_fan_who_has_a_code_gets_no_other_one_and_a_later_fan_gets_one() -> None:
    desk = await Desk().opened(PLACED + 1)
    await desk.give()
    fill = FillDrawCommand(campaign_id=TOUR, draw_id=desk.stage.draw_id, places={NYC: 1})
    await desk.stage.run().fill(fill)

    assert len(desk.placed()) == PLACED + 1
    assert await desk.give() == CodesGiven(given=1, waiting=0)
    assert await desk.codes() == desk.placed()


async def test_too_few_codes_are_told_before_the_first_is_given() -> None:
    desk = await Desk().opened(PLACED - 1)
    with pytest.raises(CodesExhausted) as refused:
        await desk.give()

    assert refused.value.context["available"] == PLACED - 1
    assert await desk.statuses() == (PLACED - 1, 0, 0)
    await desk.stock(1, prefix="B")
    assert await desk.give() == CodesGiven(given=PLACED, waiting=0)


async def test_codes_that_others_take_meanwhile_leave_fans_waiting() -> None:
    """The other caller takes codes while this call is at its step."""
    desk = await Desk().opened(PLACED)
    go_on, fuse = asyncio.Event(), Fuse(at=12)
    fuse.wait_for = go_on
    giving = asyncio.create_task(desk.give(fuse))
    while fuse.steps < 12:
        await asyncio.sleep(0)
    available, _, _ = await desk.statuses()
    await desk.stage.store.pool.claim(a_claim(available - 1, campaign_id=TOUR))
    go_on.set()
    answer = await giving

    assert answer.given + answer.waiting == PLACED
    assert answer.waiting > 1
    assert not await desk.shown_as_unfinished(), "the caller was told"
    assert sum((await desk.codes()).values()) == answer.given
    await desk.stock(answer.waiting, prefix="B")
    assert (await desk.give()).waiting == 0
    assert await desk.codes() == desk.placed()


async def steps_of_a_giving() -> int:
    desk, fuse = await Desk().opened(PLACED), Fuse()
    await desk.give(fuse)
    return fuse.steps


@pytest.mark.parametrize("later", [False, True], ids=["at once", "after the holds lapsed"])
async def test_a_process_that_ends_at_any_step_loses_no_code_and_gives_no_fan_two(later: bool) -> None:
    steps = await steps_of_a_giving()
    assert steps > 40
    for step in range(1, steps + 1):
        desk = await Desk().opened(PLACED)
        with pytest.raises(Killed):
            await desk.give(Fuse(at=step))
        assert await desk.shown_as_unfinished() or await desk.codes() in ({}, desk.placed()), step
        if later:
            desk.stage.clock.advance(2 * DAY)

        assert (await desk.give()).waiting == 0, step
        assert await desk.codes() == desk.placed(), step
        assert await desk.statuses() == (0, 0, PLACED), step
        assert (await desk.stage.read()).giving is None, step
        assert not await desk.shown_as_unfinished(), step


async def test_what_was_cut_off_is_shown_with_its_type_until_it_is_repeated() -> None:
    desk = await Desk().opened(PLACED)
    await desk.stock(PLACED, prefix="E", type=EXTERNAL)
    with pytest.raises(Killed):
        await desk.give(Fuse(at=await steps_of_a_giving() // 2))
    began = desk.stage.clock.now()
    desk.stage.clock.advance(DAY)

    assert (await desk.give(type=EXTERNAL)).waiting == 0
    assert (await desk.stage.read()).giving_codes == {TM: began}
    assert (await desk.give()).waiting == 0
    draw = await desk.stage.read()
    assert draw.giving_codes == {}
    assert await desk.give() == CodesGiven(given=0, waiting=0)
    assert await desk.stage.read() == draw, "with nothing to give, nothing is stored"


async def test_a_fan_who_leaves_after_the_process_ended_gets_no_code_and_it_goes_back() -> None:
    for step in range(1, await steps_of_a_giving() + 1):
        desk = await Desk().opened(PLACED)
        with pytest.raises(Killed):
            await desk.give(Fuse(at=step))
        had = set(await desk.codes())
        left = next((one for one in sorted(desk.placed()) if one not in had), None)
        if left is None:
            continue
        ballot = next(one for one, entry in desk.stage.entries().items() if entry.user_id == left)
        await desk.stage.withdraw(ballot)

        assert (await desk.give()).waiting == 0, step
        assert await desk.codes() == desk.placed(), step
        assert await desk.statuses() == (1, 0, PLACED - 1), step


async def test_two_at_once_give_each_fan_one_code() -> None:
    """One waits at each of its steps while another does all that there is to do."""
    for step in range(1, await steps_of_a_giving() + 1):
        desk = await Desk().opened(PLACED)
        fuse = Fuse(at=step, wait_for=asyncio.Event())
        slow = asyncio.create_task(desk.give(fuse))
        while fuse.steps < step:
            await asyncio.sleep(0)
        fast = await desk.give()
        assert fuse.wait_for is not None
        fuse.wait_for.set()
        behind = await slow

        assert fast.waiting == behind.waiting == 0, step
        assert fast.given + behind.given == PLACED, step
        assert await desk.codes() == desk.placed(), step
        assert (await desk.statuses())[2] == PLACED, step


async def test_codes_are_given_only_when_the_draw_is_drawn() -> None:
    desk = Desk()
    await desk.stage.announce()
    with pytest.raises(DrawNotDrawn):
        await desk.give()
    await desk.stage.store.draws.change(
        TOUR, desk.stage.draw_id, lambda draw: draw.abort(draw.manifest.announced_at)
    )
    with pytest.raises(DrawAborted):
        await desk.give()
    desk.stage.draw_id = DrawId("other")
    with pytest.raises(DrawNotFound):
        await desk.give()
