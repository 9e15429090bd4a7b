"""Go on with draws that lost their process."""

from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.draws.errors import DrawNotDrawn, DrawNotFound
from domain.model.errors import InvalidValue, Refusals, Unavailable
from domain.usecases.draws.run_draw import RunDraw
from ports.draws import Draws
from ports.system import Clock

MOST: Final = 20
"""Draws of one round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeDraws:
    """Go on with draws that are running or being filled, and that no process works on any more.

    A process that works on a draw renews its claim, however long a step takes. When two work on one draw all the
    same, both come to the same result, and each entry is changed once.
    """

    raises: ClassVar[Refusals] = (DrawNotFound, DrawNotDrawn, InvalidValue)

    draws: Draws
    run: RunDraw
    clock: Clock

    async def __call__(self) -> int:
        """Returns how many draws were finished. Raises Unavailable after it has looked at all of them."""
        finished, hindered = 0, None
        for draw in await self.draws.unfinished(MOST):
            if draw.claimed_until is not None and draw.claimed_until > self.clock.now():
                continue
            try:
                finished += not (await self.run.resume(draw)).unfinished
            except Unavailable as error:
                hindered = error
        if hindered:
            raise hindered
        return finished
