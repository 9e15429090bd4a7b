"""Codes for fans with a place, some fans at a time. Which fans are next is stored before they get their codes, so
two processes never choose the same fans for different codes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.model.codes.code import CodeType
from domain.model.draws.codes import Giving
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.errors import DrawAborted, DrawNotDrawn
from domain.model.ids import BallotId, ReserveId


def check_drawn(draw: Draw) -> None:
    """Raises DrawAborted, DrawNotDrawn."""
    if draw.status is DrawStatus.ABORTED:
        raise DrawAborted
    if draw.status is not DrawStatus.DRAWN:
        raise DrawNotDrawn


def begin_giving(
    draw: Draw,
    ballots: Sequence[BallotId],
    *,
    type: CodeType,
    reserve_id: ReserveId,
    now: datetime,
    read: Draw,
) -> Draw:
    """Fix which fans get codes next. ``read``: the draw as it was before their codes were looked for.

    Nothing is fixed when codes were given since: these fans may have theirs.
    """
    if draw.giving is not None or draw.givings != read.givings:
        return draw
    number = draw.givings + 1
    giving = Giving(number=number, type=type, reserve_id=reserve_id, ballots=tuple(ballots), at=now)
    since = {type: now, **draw.giving_codes}
    return replace(draw, giving=giving, givings=number, giving_codes=since, version=draw.version + 1)


def close_giving(draw: Draw, giving: Giving) -> Draw:
    """From here on no process assigns codes of it. A repeat changes nothing."""
    if draw.giving != giving or giving.closing:
        return draw
    return replace(draw, giving=replace(giving, closing=True), version=draw.version + 1)


def end_giving(draw: Draw, giving: Giving) -> Draw:
    """The next giving can begin. A repeat changes nothing."""
    if draw.giving is None or draw.giving.number != giving.number:
        return draw
    return replace(draw, giving=None, version=draw.version + 1)


def all_given(draw: Draw, type: CodeType) -> Draw:
    """No code of this type is left to give. Until then the draw shows that the work is not done, also when its
    process has ended. A repeat changes nothing."""
    if type not in draw.giving_codes:
        return draw
    others = {one: since for one, since in draw.giving_codes.items() if one is not type}
    return replace(draw, giving_codes=others, version=draw.version + 1)
