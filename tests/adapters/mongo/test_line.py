"""Who waits for a pool's codes: when the next round begins, and with whom."""

import asyncio

from adapters.mongo.batching import FULL_BATCH
from adapters.mongo.codes.claims.attempt import Filling
from adapters.mongo.codes.claims.waiting import CODES_PER_ROUND, Line
from tests.support.codes import a_claim


def a_filling(reserve_id: str, *, count: int = 1) -> Filling:
    return Filling(a_claim(count=count, reserve_id=reserve_id), asyncio.get_running_loop().create_future())


def come(line: Line, number: int) -> None:
    for one in range(number):
        line.join(a_filling(f"{len(line.waiting)}-{one}"))


def round_of(line: Line) -> int:
    """Begin one; how many it serves."""
    assert line.may_begin
    line.rounds += 1
    return len(line.begin())


async def test_who_comes_alone_waits_for_nobody() -> None:
    line = Line()
    for _ in range(3):
        come(line, 1)
        line.end(round_of(line))
        line.join(a_filling("again"))
        line.end(round_of(line))


async def test_a_round_waits_a_little_for_those_who_were_just_answered() -> None:
    line = Line()
    come(line, FULL_BATCH)
    line.end(round_of(line))

    come(line, FULL_BATCH - 1)
    assert not line.may_begin

    come(line, 1)
    assert round_of(line) == FULL_BATCH


async def test_those_who_do_not_return_are_waited_for_no_longer() -> None:
    line = Line()
    come(line, FULL_BATCH)
    line.end(round_of(line))
    come(line, 3)
    assert not line.may_begin

    line.give_up(FULL_BATCH)

    assert round_of(line) == 3


async def test_a_line_is_kept_as_long_as_somebody_may_return() -> None:
    line = Line()
    come(line, 2)
    line.end(round_of(line))
    assert not line.idle
    line.give_up(2)
    assert line.idle


async def test_one_reserve_id_is_served_once_a_round_and_who_has_left_not_at_all() -> None:
    line = Line()
    gone = a_filling("gone")
    for filling in (gone, a_filling("one"), a_filling("one"), a_filling("two")):
        line.join(filling)
    gone.done.cancel()

    line.rounds += 1
    assert [filling.claim.reserve_id for filling in line.begin()] == ["one", "two"]
    assert [filling.claim.reserve_id for filling in line.waiting] == ["one"]


async def test_a_round_takes_only_so_many_codes_but_always_serves_the_first() -> None:
    line = Line()
    line.join(a_filling("many", count=CODES_PER_ROUND))
    line.join(a_filling("one"))

    assert round_of(line) == 1
    assert [filling.claim.reserve_id for filling in line.waiting] == ["one"]
