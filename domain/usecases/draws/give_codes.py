"""Give codes to those who have a place in a draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.code import CodeType
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.draws.codes import Giving
from domain.model.draws.draw import Draw
from domain.model.draws.errors import DrawAborted, DrawNotDrawn, DrawNotFound
from domain.model.draws.giving import all_given, begin_giving, check_drawn, close_giving, end_giving
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import BallotId, CampaignId, DrawId, UserId, new_reserve_id
from domain.usecases.codes.assign_codes import AssignCodes, AssignCodesCommand, Assigned, Assignment
from domain.usecases.codes.release_codes import ReleaseCodes, ReleaseCodesCommand
from domain.usecases.codes.reserve_codes import ReserveCodes, ReserveCodesCommand
from domain.usecases.draws.placed_fans import Fans, PlacedFans
from domain.usecases.draws.read_draw import ReadDraw
from ports.codes import CodeCatalogue, CodePool
from ports.draws import Draws
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCodesCommand:
    campaign_id: CampaignId
    draw_id: DrawId
    type: CodeType
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesGiven:
    given: int
    """By this call."""
    waiting: int
    """Fans with a place and without a code: other callers took codes meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCodes:
    """Give a code from the pool to each fan who has a place of this draw and no code of this type yet.

    Fans get their codes in the order of the result, also those who got their place by a filling. When the pool has
    too few codes for all of them, none is given. When other callers take codes meanwhile, `waiting` says how many
    fans got none. A repeat gives only what is missing.

    While codes are given, the draw says so in `givingCodes`. A call that was cut off leaves it there: repeat it.
    """

    raises: ClassVar[Refusals] = (
        DrawNotFound,
        DrawAborted,
        DrawNotDrawn,
        CodesExhausted,
        InvalidValue,
        ReservationMismatch,
    )

    read: ReadDraw
    draws: Draws
    fans: PlacedFans
    catalogue: CodeCatalogue
    pool: CodePool
    reserve: ReserveCodes
    assign: AssignCodes
    release: ReleaseCodes
    clock: Clock

    async def __call__(self, command: GiveCodesCommand) -> CodesGiven:
        """Raises DrawNotFound, DrawAborted, DrawNotDrawn, CodesExhausted."""
        draw = await self.read(command.campaign_id, command.draw_id)
        check_drawn(draw)
        await self._check_enough(draw, command.type)
        given = waiting = 0
        async for fans in self.fans.of(draw):
            if waiting:  # The pool is empty.
                waiting += len(await self.fans.without_code(draw.campaign_id, command.type, fans))
                continue
            some, waiting = await self._give_all(fans, command)
            given += some
        await self._all_given(command)
        return CodesGiven(given=given, waiting=waiting)

    async def _all_given(self, command: GiveCodesCommand) -> None:
        """Most calls find nothing to give, and nothing that a process left: they store nothing."""
        draw = await self.read(command.campaign_id, command.draw_id)
        if command.type in draw.giving_codes:
            await self.draws.change(draw.campaign_id, draw.id, lambda draw: all_given(draw, command.type))

    async def _check_enough(self, draw: Draw, type: CodeType) -> None:
        """Raises CodesExhausted. The fans are looked at one by one only when there may be too few codes."""
        now, giving = self.clock.now(), draw.giving
        counts = (await self.catalogue.count(draw.campaign_id, now)).get(type)
        available = counts.available if counts else 0
        if giving and giving.type is type:
            available += len(await self.pool.held(draw.campaign_id, giving.reserve_id, now))
        if available >= await self.fans.count(draw):
            return
        if available < await self.fans.count_without_code(draw, type):
            raise CodesExhausted(available=available)

    async def _give_all(self, fans: Fans, command: GiveCodesCommand) -> tuple[int, int]:
        """Until each of these fans has a code, or the pool is empty. A giving that was begun is ended first.

        Returns how many codes were given, and how many of these fans still wait.
        """
        given = 0
        without: Sequence[BallotId] = ()
        while True:
            draw = await self.read(command.campaign_id, command.draw_id)
            resumed = draw.giving is not None
            if not resumed:
                without = await self.fans.without_code(command.campaign_id, command.type, fans)
                if not without:
                    return given, 0
                draw = await self._begun(draw, without, command.type)
            try:
                given += await self._give(draw, draw.giving, command.by) if draw.giving else 0
            except CodesExhausted:  # Of an earlier giving some fans may have left: fewer codes may be enough.
                if not resumed:
                    return given, len(without)

    async def _begun(self, read: Draw, ballots: Sequence[BallotId], type: CodeType) -> Draw:
        now, reserve_id = self.clock.now(), new_reserve_id()
        return await self.draws.change(
            read.campaign_id,
            read.id,
            lambda draw: begin_giving(draw, ballots, type=type, reserve_id=reserve_id, now=now, read=read),
        )

    async def _give(self, draw: Draw, giving: Giving, by: UserId) -> int:
        """Returns how many codes were given, to the process that ends it. Raises CodesExhausted."""
        try:
            given = await self._given(draw, giving, by)
        except CodesExhausted:
            await self._end(draw, giving, by)
            raise
        return given if await self._end(draw, giving, by) else 0

    async def _given(self, draw: Draw, giving: Giving, by: UserId) -> int:
        """Two processes that do this at once hold the same codes in the same order. Returns how many of its fans
        have a code now: when it began, none had. Raises CodesExhausted."""
        placed = await self.fans.among(draw, giving.ballots)
        without = await self.fans.without_code(draw.campaign_id, giving.type, placed)
        before = len(placed) - len(without)
        # Once the hold has lapsed, the same reserveId would take other codes. So it is not used any more.
        lapsed = self.clock.now() >= giving.at + self.reserve.ttl
        if giving.closing or lapsed or not without:
            return before
        held = await self.reserve(
            ReserveCodesCommand(
                campaign_id=draw.campaign_id,
                type=giving.type,
                count=len(giving.ballots),
                reserve_id=giving.reserve_id,
                by=by,
            )
        )
        if (await self.read(draw.campaign_id, draw.id)).giving != giving:
            return before  # Another process closes it, or has ended it: the codes go back.
        codes = dict(zip(giving.ballots, held.codes, strict=True))
        wanted = [Assignment(code=codes[one], user_id=placed[one]) for one in without]
        command = AssignCodesCommand(
            campaign_id=draw.campaign_id, reserve_id=giving.reserve_id, assignments=wanted, by=by
        )
        return before + sum(isinstance(one, Assigned) for one in await self.assign(command))

    async def _end(self, draw: Draw, giving: Giving, by: UserId) -> bool:
        """Give back what is held, and let the next giving begin. Did this call end it?

        It is closed first. A process that holds codes of it looks at that before it assigns them. So from the
        release on, no process can assign any of them.
        """
        ended = False

        def end(draw: Draw) -> Draw:
            nonlocal ended
            after = end_giving(draw, giving)
            ended = after is not draw
            return after

        await self.draws.change(draw.campaign_id, draw.id, lambda draw: close_giving(draw, giving))
        await self.release(ReleaseCodesCommand(campaign_id=draw.campaign_id, reserve_id=giving.reserve_id, by=by))
        await self.draws.change(draw.campaign_id, draw.id, end)
        return ended
