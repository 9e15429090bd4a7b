"""Doing together what is wanted at the same time: what the MongoDB adapter's reads and writes rest on."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.mongo.batching import FULL_ROUND, LANES, MAX_TOGETHER, Together


class Kitchen:
    """Serves when it is told to; remembers who was served together."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.open = asyncio.Event()
        self.table = Together(self.serve)

    async def serve(self, orders: Sequence[int]) -> list[str | Exception]:
        self.rounds.append(list(orders))
        await self.open.wait()
        if any(order < 0 for order in orders):
            raise ConnectionError
        return [ValueError(order) if order == 13 else f"dish {order}" for order in orders]

    def order(self, *orders: int) -> list["asyncio.Task[str]"]:
        return [asyncio.create_task(self.table.ask(order)) for order in orders]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_everyone_gets_an_answer_to_their_own_question() -> None:
    kitchen = Kitchen()
    kitchen.open.set()

    assert await asyncio.gather(*kitchen.order(*range(1, 8))) == [f"dish {order}" for order in range(1, 8)]


async def test_rounds_under_way_are_of_one_size() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(*range(100, 100 + 3 * FULL_ROUND))
    await settled()

    assert [len(group) for group in kitchen.rounds] == [24, 24]
    kitchen.open.set()
    await asyncio.gather(*orders)


async def test_few_are_served_by_one_round_at_a_time_and_who_comes_meanwhile_by_the_next() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(1, 2)
    await settled()
    orders += kitchen.order(20, 21, 22)
    await settled()
    assert kitchen.rounds == [[1, 2]]
    kitchen.open.set()
    await asyncio.gather(*orders)

    assert kitchen.rounds == [[1, 2], [20, 21, 22]]


async def test_never_are_more_rounds_under_way_than_there_are_lanes() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(*range(100, 100 + 2 * FULL_ROUND))
    await settled()
    orders += kitchen.order(*range(200, 200 + 4 * FULL_ROUND))
    await settled()
    assert len(kitchen.rounds) == LANES
    kitchen.open.set()
    await asyncio.gather(*orders)


async def test_who_comes_alone_waits_for_nobody() -> None:
    kitchen = Kitchen()
    kitchen.order(1)
    await settled()

    assert kitchen.rounds == [[1]]
    kitchen.open.set()


async def test_a_round_has_its_limit() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    await asyncio.gather(*kitchen.order(*range(100, 100 + 3 * MAX_TOGETHER)))

    assert max(len(group) for group in kitchen.rounds) == MAX_TOGETHER
    assert sum(len(group) for group in kitchen.rounds) == 3 * MAX_TOGETHER


async def test_one_refusal_is_nobody_elses() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    answers = await asyncio.gather(*kitchen.order(12, 13, 14), return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, ValueError, str]


async def test_what_goes_wrong_altogether_everyone_of_the_round_hears_and_the_next_goes_on() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    answers = await asyncio.gather(*kitchen.order(-1, 1, 2), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError] * 3
    assert await kitchen.table.ask(7) == "dish 7"


async def test_who_leaves_takes_nobody_along() -> None:
    kitchen = Kitchen()
    served = kitchen.order(1, 2, 3, 4)
    await settled()
    waiting = kitchen.order(5, 6, 7, 8)
    await settled()
    served[0].cancel()
    waiting[0].cancel()
    kitchen.open.set()
    answers = await asyncio.gather(*served[1:], *waiting[1:])

    assert answers == [f"dish {order}" for order in (2, 3, 4, 6, 7, 8)]
    assert 5 not in {order for group in kitchen.rounds for order in group}
    with pytest.raises(asyncio.CancelledError):
        await served[0]
